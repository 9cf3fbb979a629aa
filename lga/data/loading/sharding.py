"""The batches of an epoch divided over devices: in training by images, in judging by whole batches.

The batches are those of one device, with the same images in the same order, so neither the data of a run nor
what it is judged on depends on the number of devices.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from torch.utils.data import Dataset, Sampler

from lga.data.loading.batch_order import BatchKey, BatchOrder, BatchShare
from lga.system.errors import UserError

LEAST_IMAGES = 2  # batch norm cannot be trained on one image whose map is a single pixel


class Shard(NamedTuple):
    """The part of every batch that is this device's: number ``rank``, from 0, of ``world_size``."""

    rank: int = 0
    world_size: int = 1


class ShardedBatches(Sampler[BatchKey]):
    """Yields this device's share of every batch of ``order``.

    Shares differ by one image at most. A batch that is too small to give each device `LEAST_IMAGES` is
    shared by fewer; the others repeat the first one's share, which does not count, so that no device misses
    a step.
    """

    def __init__(self, order: BatchOrder, shard: Shard) -> None:
        self.order = order
        self.shard = shard

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, from 0, that the next pass is for."""
        self.order.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[BatchKey]:
        for key in self.order:
            share = share_of(len(key.indices), self.shard)
            yield key._replace(indices=key.indices[share.rows], share=share)


TrainingOrder = BatchOrder | ShardedBatches


class WholeBatches(Sampler[BatchKey]):
    """Yields the batches of ``order`` that this device judges: each whole, and each on one device.

    The first device has the first ones, the last the last; their numbers differ by one at most. A device
    that is left without any is given the first batch, which does not count.

    Args:
        order: of a split that is judged.
        shard: this device's.
        most: batches of the order that are dealt out; None for all.
    """

    def __init__(self, order: BatchOrder, shard: Shard, most: int | None = None) -> None:
        self.order = order
        batches = len(order) if most is None else min(len(order), most)
        start, stop = (-(-rank * batches // shard.world_size) for rank in (shard.rank, shard.rank + 1))
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


def share_of(images: int, shard: Shard) -> BatchShare:
    """Return what the device of ``shard`` has of a batch of so many images: every n-th of them."""
    sharing = max(min(shard.world_size, images // LEAST_IMAGES), 1)
    counts = shard.rank < sharing
    return BatchShare(np.arange(shard.rank if counts else 0, images, sharing), images, counts)


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
