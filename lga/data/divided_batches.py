"""The batches of an epoch divided over devices: in training by images, in judging by whole batches.

The batches are those of one device, with the same images in the same order, so neither the data of a run nor
what it is judged on depends on the number of devices.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from torch.utils.data import Dataset, Sampler

from lga.data.batch_order import BatchKey, BatchOrder, BatchShare
from lga.structures import UserError

LEAST_IMAGES = 2  # batch norm cannot be trained on one image whose map is a single pixel


class Place(NamedTuple):
    """Which of a run's devices this is: ``rank``, from 0, of ``devices``."""

    rank: int = 0
    devices: int = 1


class SharedBatches(Sampler[BatchKey]):
    """Yields this device's share of every batch of ``order``.

    Shares differ by one image at most. A batch that is too small to give each device `LEAST_IMAGES` is
    shared by fewer; the others repeat the first one's share, which does not count, so that no device misses
    a step.
    """

    def __init__(self, order: BatchOrder, place: Place) -> None:
        self.order = order
        self.place = place

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, from 0, that the next pass is for."""
        self.order.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[BatchKey]:
        for key in self.order:
            share = share_of(len(key.indices), self.place)
            yield key._replace(indices=key.indices[share.rows], share=share)


TrainingOrder = BatchOrder | SharedBatches


class DealtBatches(Sampler[BatchKey]):
    """Yields the batches of ``order`` that this device judges: each whole, and each on one device.

    The first device has the first ones, the last the last; their numbers differ by one at most. A device
    that is left without any is given the first batch, which does not count.

    Args:
        order: of a split that is judged.
        place: this device's.
        most: batches of the order that are dealt out; None for all.
    """

    def __init__(self, order: BatchOrder, place: Place, most: int | None = None) -> None:
        self.order = order
        batches = len(order) if most is None else min(len(order), most)
        start, stop = (-(-rank * batches // place.devices) for rank in (place.rank, place.rank + 1))
        self.numbers = range(start, stop)

    def __len__(self) -> int:
        return max(len(self.numbers), 1)

    def __iter__(self) -> Iterator[BatchKey]:
        for key in self.order:
            if key.number in self.numbers:
                yield key
            elif not self.numbers:
                rows = np.arange(len(key.indices))
                yield key._replace(share=BatchShare(rows, len(rows), counts=False))
                return


def share_of(images: int, place: Place) -> BatchShare:
    """Return what the device at ``place`` has of a batch of so many images: every n-th of them."""
    sharing = max(min(place.devices, images // LEAST_IMAGES), 1)
    counts = place.rank < sharing
    return BatchShare(np.arange(place.rank if counts else 0, images, sharing), images, counts)


class BatchOfShare(NamedTuple):
    """A batch, and which part of a divided one it is; None is all of it."""

    batch: Any
    share: BatchShare | None


class WithShares(Dataset[BatchOfShare | UserError]):
    """`BatchKey` to the batch that ``batches`` makes of it, with the key's share beside it."""

    def __init__(self, batches: Dataset[Any]) -> None:
        self.batches = batches

    def __getitem__(self, key: BatchKey) -> BatchOfShare | UserError:
        batch = self.batches[key]
        return batch if isinstance(batch, UserError) else BatchOfShare(batch, key.share)
