"""A loader that raises a worker's `UserError` as it is: torch would wrap it into a page of traceback."""

from collections.abc import Iterator
from typing import Any

from lga.data.deferred_loader import DeferredLoader
from lga.structures import DetectionBatch
from lga.system.errors import UserError


class DetectionLoader(DeferredLoader[Any]):
    """`DeferredLoader` of a dataset that returns a `UserError` in place of a batch it cannot make."""

    def __iter__(self) -> Iterator[DetectionBatch]:  # type: ignore[override]
        for batch in super().__iter__():
            if isinstance(batch, UserError):
                raise batch
            yield batch
