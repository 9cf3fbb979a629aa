"""A DataLoader that begins a pass when its first batch is asked for, not when the iterator is made.

Lightning 2.6 makes the training iterator before it tells the sampler the epoch. That is harmless at epoch 0
and without workers. But in a resumed run, worker processes would already be fetching the batches of epoch 0.

A loader that raises a worker's `UserError` as it is: torch would wrap it into a page of traceback.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from torch.utils.data import DataLoader

from lga.structures import DetectionBatch
from lga.system.errors import UserError

Batch_co = TypeVar("Batch_co", covariant=True)


class DeferredLoader(DataLoader[Batch_co]):
    """`DataLoader`, whose workers get their first indices at the first ``next``."""

    def __iter__(self) -> Iterator[Batch_co]:  # type: ignore[override]
        yield from super().__iter__()


class DetectionLoader(DeferredLoader[Any]):
    """`DeferredLoader` of a dataset that returns a `UserError` in place of a batch it cannot make."""

    def __iter__(self) -> Iterator[DetectionBatch]:  # type: ignore[override]
        for batch in super().__iter__():
            if isinstance(batch, UserError):
                raise batch
            yield batch
