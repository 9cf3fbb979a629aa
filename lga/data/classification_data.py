"""The data module of classification: splits to batches of RGB images in [0, 1].

A batch is made at once by indexing a split's 8-bit images, not image by image. Grey images become RGB by
repetition. One process trains on one device: the order is not divided over several. A run resumes at the
start of an epoch; batches within an epoch are not skipped.

Axes: N images of a split, B of a batch, C channels, H rows, W columns, S side of the result.
"""

from functools import cached_property
from typing import Protocol

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import Dataset

from lga.data.augmentation import Augmentation, NoAugmentation, make_augmentation
from lga.data.batch_order import BatchKey, BatchOrder
from lga.data.deferred_loader import DeferredLoader
from lga.data.labelled_images import ImageSplits, LabelledImages
from lga.structures import UserError
from lga.structures.batch import ImageBatch


class SplitsReader(Protocol):
    """Reads a classification set from disk."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their labels."""

    def __call__(self) -> ImageSplits:
        """Return the splits; a UserError says what is wrong with the files."""


class BatchedImages(Dataset[ImageBatch]):
    """The images of a split, given out by whole batches: `BatchKey` to `ImageBatch`."""

    def __init__(self, source: LabelledImages, augmentation: Augmentation) -> None:
        images = source.images if source.images.ndim == 4 else source.images.unsqueeze(1)
        self.images = augmentation.prepare(images)
        self.labels = source.labels
        self.augmentation = augmentation

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, key: BatchKey) -> ImageBatch:
        indices = torch.from_numpy(key.indices)
        images = self.augmentation(self.images[indices], key)
        return ImageBatch(images=as_rgb(images), labels=self.labels[indices])


class ClassificationData(pl.LightningDataModule):
    """Train, validation and test loaders of a classification set.

    Args:
        splits_reader: reads the set; called once, when its splits are first needed.
        image_size: S, side of the square images given out, pixels.
        batch_size: training images in a batch; validation and test batches are twice as large.
        augmentation: of the training images: ``none``, ``affine`` or ``paper``, see `lga.data.augmentation`.
        seed: of the order and of the augmentation; >= 0. Batches depend on it and on the epoch only.
        num_workers: processes that make batches; 0 makes them in the training process.
        drop_last: leave out a last training batch that is smaller.
    """

    def __init__(
        self,
        splits_reader: SplitsReader,
        image_size: int,
        batch_size: int,
        augmentation: str = "none",
        seed: int = 0,
        num_workers: int = 0,
        drop_last: bool = False,
    ) -> None:
        super().__init__()
        _check_at_least(1, image_size=image_size, batch_size=batch_size)
        _check_at_least(0, seed=seed, num_workers=num_workers)
        self.splits_reader = splits_reader
        self.image_size = image_size
        self.batch_size = batch_size
        self.augmentation = make_augmentation(augmentation, image_size, seed)
        self.seed = seed
        self.num_workers = num_workers
        self.drop_last = drop_last

    @cached_property
    def splits(self) -> ImageSplits:
        """The splits, read at first use."""
        return self.splits_reader()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their labels."""
        return tuple(self.splits_reader.class_names)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def counts(self) -> dict[str, int]:
        """Number of images of each split."""
        return self.splits.counts

    @property
    def manifest(self) -> dict[str, str]:
        """Name of each source file -> sha256 of its uncompressed content."""
        return self.splits.manifest

    @property
    def selection(self) -> str:
        """What a checkpoint is selected on: ``validation`` or ``test``."""
        return self.splits.selection

    def train_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Shuffled, augmented batches."""
        images = BatchedImages(self.splits.train, self.augmentation)
        order = BatchOrder(len(images), self.batch_size, self.seed, shuffle=True, drop_last=self.drop_last)
        return self._loader(images, order)

    def val_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Batches of the validation split, in its order."""
        return self._evaluation_loader(self.splits.val)

    def test_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Batches of the test split, in its order."""
        return self._evaluation_loader(self.splits.test)

    def _evaluation_loader(self, source: LabelledImages) -> DeferredLoader[ImageBatch]:
        images = BatchedImages(source, NoAugmentation(self.image_size))
        return self._loader(images, BatchOrder(len(images), 2 * self.batch_size, self.seed, shuffle=False))

    def _loader(self, images: BatchedImages, order: BatchOrder) -> DeferredLoader[ImageBatch]:
        return DeferredLoader(
            images,
            batch_size=None,
            sampler=order,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            generator=torch.Generator(),  # without one, each pass would draw from the global generator
        )


def as_rgb(images: Tensor) -> Tensor:
    """Return (B, 3, H, W) of (B, 1, H, W) or (B, 3, H, W)."""
    return images.repeat(1, 3, 1, 1) if images.shape[1] == 1 else images


def _check_at_least(least: int, **settings: int) -> None:
    for name, value in settings.items():
        if value < least:
            raise UserError(f"{name}={value} is too small: it must be at least {least}")
