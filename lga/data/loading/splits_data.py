"""What the data modules of all tasks share: splits read at first use, and how their batches are loaded.

A batch is made at once by a dataset that is given whole `BatchKey`s; several devices divide batches, see
`lga.data.loading.sharding`. A share of a training split is the first images of one order that depends on
their number alone: all seeds and networks train on the same ones, and a smaller share lies within a larger.

A loader begins its pass when its first batch is asked for: Lightning 2.6 makes the iterator before it gives
the sampler the epoch, and a resumed run's workers would fetch the batches of epoch 0. A worker's `UserError`
is raised as it is, where torch would wrap it into a page of traceback.

Axes: N images of the split.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler

from lga.data.loading.batch_order import BatchKey, BatchOrder
from lga.data.loading.random_streams import Stream, generator
from lga.data.loading.sharding import Shard, ShardedBatches, TrainingOrder, WholeBatches, WithShares
from lga.data.loading.splits import Splits
from lga.system.errors import UserError

Batch_co = TypeVar("Batch_co", covariant=True)


class DeferredLoader(DataLoader[Batch_co]):
    """`DataLoader`, whose workers get their first indices at the first ``next``.

    Its dataset returns a `UserError` in place of a batch that it cannot make.
    """

    def __iter__(self) -> Iterator[Batch_co]:  # type: ignore[override]
        for batch in super().__iter__():
            if isinstance(batch, UserError):
                raise batch
            yield batch


def shared_images(images: int, share: float) -> NDArray[np.bool_]:
    """Return (N,), bool: true for ``share`` of so many images, rounded, and for one at least."""
    order = torch.randperm(images, generator=generator(Stream.TRAIN_SHARE)).numpy()
    chosen = np.zeros(images, bool)
    chosen[order[: max(1, round(share * images))]] = True
    return chosen


SplitsT = TypeVar("SplitsT", bound=Splits[Any])


class SplitsData(pl.LightningDataModule, Generic[SplitsT]):
    """The loaders of a set whose splits `reader` reads.

    Args:
        reader: called once, when its splits are first needed.
        image_size: side of the images given out, pixels.
        batch_size: training images in a batch.
        seed: of the order and of the augmentation; >= 0. Batches depend on it and on the epoch only.
        num_workers: processes that make batches; 0 makes them in the training process.
        train_share: of the training images, see `lga.data.loading.splits_data`.

    Attributes:
        read: gives the splits: ``reader``, or a fold of its set.
        judged_split: what the test judges, ``test`` or ``val``.
        shard: of every batch, which the loaders are for.
        device: where splits that fit are kept, and their batches made; None for the processor alone.
        most_judged: batches of a split that several devices together judge; None for all.
    """

    def __init__(
        self,
        reader: Callable[[], SplitsT],
        image_size: int,
        batch_size: int,
        seed: int,
        num_workers: int,
        train_share: float = 1.0,
    ) -> None:
        super().__init__()
        self.read = reader
        self.image_size = image_size
        self.batch_size = batch_size
        self.seed = seed
        self.num_workers = num_workers
        self.train_share = train_share
        self.judged_split = "test"
        self.shard = Shard()
        self.device: str | None = None
        self.most_judged: int | None = None

    @cached_property
    def splits(self) -> SplitsT:
        """The splits, read at first use; of the training split the share that is trained on."""
        splits = self.read()
        if self.train_share == 1:
            return splits
        return splits.training_on(shared_images(splits.counts["train"], self.train_share))

    def sharded(self, order: BatchOrder) -> TrainingOrder:
        """Return what this device has of the training batches of `order`."""
        return order if self.shard.world_size == 1 else ShardedBatches(order, self.shard)

    def whole_batches(self, order: BatchOrder) -> Sampler[BatchKey]:
        """Return what this device has of the batches of `order` that are judged."""
        return order if self.shard.world_size == 1 else WholeBatches(order, self.shard, self.most_judged)

    def loading(self, batches: Dataset[Any], order: Sampler[BatchKey], ready: bool = False) -> dict[str, Any]:
        """Return a loader's arguments for `batches`, `ready` on the device or not; devices get shares."""
        workers = 0 if ready else self.num_workers
        return {
            "dataset": batches if self.shard.world_size == 1 else WithShares(batches),
            "batch_size": None,
            "sampler": order,
            "num_workers": workers,
            "persistent_workers": workers > 0,
            "pin_memory": torch.cuda.is_available() and not ready,
            "generator": torch.Generator(),  # without one, each pass would draw from the global generator
        }
