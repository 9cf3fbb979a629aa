"""In which order the images of an epoch are seen, as whole batches."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Sampler

from lga.data.loading.random_streams import Stream, generator


class BatchShare(NamedTuple):
    """A device's share of a batch.

    Attributes:
        rows: (b,), int64, its images by their position in the whole batch.
        whole: number of images of the whole batch.
        counts: False for what another device has too: it is given so that all devices take the same steps.
    """

    rows: NDArray[np.int64]
    whole: int
    counts: bool = True

    @property
    def weight(self) -> float:
        """What a mean over the share contributes to the mean over the batch."""
        return len(self.rows) / self.whole if self.counts else 0.0


class BatchKey(NamedTuple):
    """Which batch to make. It carries the epoch, so that workers need no state of their own.

    Attributes:
        epoch: from 0.
        number: of the batch in its epoch, from 0.
        indices: (B,), int64, of the images in their split.
        share: which rows of the whole batch they are; None where they are all of it.
    """

    epoch: int
    number: int
    indices: NDArray[np.int64]
    share: BatchShare | None = None


class BatchOrder(Sampler[BatchKey]):
    """Yields the keys of an epoch's batches; the order of a shuffled epoch depends on (seed, epoch) only.

    It is a `DataLoader`'s ``sampler`` with ``batch_size=None``. Lightning calls `set_epoch` before each
    epoch.

    Args:
        size: number of images.
        batch_size: images in a batch; the last one may be smaller.
        seed: of the run.
        shuffle: False keeps the order of the split.
    """

    def __init__(self, size: int, batch_size: int, seed: int, shuffle: bool) -> None:
        self.size = size
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, from 0, that the next pass is for."""
        self.epoch = epoch

    def __len__(self) -> int:
        return math.ceil(self.size / self.batch_size)

    def __iter__(self) -> Iterator[BatchKey]:
        epoch = self.epoch
        order = self._order(epoch)
        for number in range(len(self)):
            start = number * self.batch_size
            yield BatchKey(epoch, number, order[start : start + self.batch_size])

    def _order(self, epoch: int) -> NDArray[np.int64]:
        if not self.shuffle:
            return np.arange(self.size)
        return torch.randperm(self.size, generator=generator(Stream.ORDER, self.seed, epoch)).numpy()
