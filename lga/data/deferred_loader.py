"""A DataLoader that begins a pass when its first batch is asked for, not when the iterator is made.

Lightning 2.6 makes the training iterator before it tells the sampler the epoch. That is harmless at epoch 0
and without workers. But in a resumed run, worker processes would already be fetching the batches of epoch 0.
"""

from collections.abc import Iterator
from typing import TypeVar

from torch.utils.data import DataLoader

Batch_co = TypeVar("Batch_co", covariant=True)


class DeferredLoader(DataLoader[Batch_co]):
    """`DataLoader`, whose workers get their first indices at the first ``next``."""

    def __iter__(self) -> Iterator[Batch_co]:  # type: ignore[override]
        yield from super().__iter__()
