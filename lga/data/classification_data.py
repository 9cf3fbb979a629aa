"""The data module of classification: splits to batches of RGB images in [0, 1].

A batch is made at once by indexing a split's 8-bit images, not image by image. Grey images become RGB by
repetition. A run resumes at the start of an epoch; batches within an epoch are not skipped.

Axes: N images of a split, B of a batch, C channels, H rows, W columns, S side of the result.
"""

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from lga.data.augmentation import Augmentation, NoAugmentation, make_augmentation
from lga.data.batch_order import BatchKey, BatchOrder
from lga.data.deferred_loader import DeferredLoader
from lga.data.labelled_images import ImageSplits, LabelledImages
from lga.data.splits_data import SplitsData, SplitsReader
from lga.structures.batch import ImageBatch


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
        return ImageBatch(images=as_rgb(images), labels=self.labels[indices], share=key.share)


class ClassificationData(SplitsData[ImageSplits]):
    """Train, validation and test loaders of a classification set.

    Args:
        reader: reads the set; called once, when its splits are first needed.
        image_size: S, side of the square images given out, pixels.
        batch_size: training images in a batch; validation and test batches are twice as large.
        augmentation: of the training images: ``none``, ``affine`` or ``paper``, see `lga.data.augmentation`.
        seed: of the order and of the augmentation; >= 0. Batches depend on it and on the epoch only.
        num_workers: processes that make batches; 0 makes them in the training process.
        drop_last: leave out a last training batch that is smaller.
        train_share: of the training images, see `lga.data.train_share`.
    """

    def __init__(
        self,
        reader: SplitsReader[ImageSplits],
        image_size: int,
        batch_size: int,
        augmentation: str = "none",
        seed: int = 0,
        num_workers: int = 0,
        drop_last: bool = False,
        train_share: float = 1.0,
    ) -> None:
        super().__init__(reader, image_size, batch_size, seed, num_workers, train_share)
        self.augmentation = make_augmentation(augmentation, image_size, seed)
        self.drop_last = drop_last

    def train_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Shuffled, augmented batches."""
        images = BatchedImages(self.splits.train, self.augmentation)
        order = BatchOrder(len(images), self.batch_size, self.seed, shuffle=True, drop_last=self.drop_last)
        return self._loader(images, self.shared(order))

    def val_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Batches of the validation split, in its order."""
        return self._evaluation_loader(self.splits.val)

    def test_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Batches of the split that is judged, in its order."""
        splits = self.splits
        return self._evaluation_loader(splits.val if self.judged_split == "val" else splits.test)

    def _evaluation_loader(self, source: LabelledImages) -> DeferredLoader[ImageBatch]:
        images = BatchedImages(source, NoAugmentation(self.image_size))
        order = BatchOrder(len(images), 2 * self.batch_size, self.seed, shuffle=False)
        return self._loader(images, self.dealt(order))

    def _loader(self, images: BatchedImages, order: Sampler[BatchKey]) -> DeferredLoader[ImageBatch]:
        return DeferredLoader(images, **self.loading(order))


def as_rgb(images: Tensor) -> Tensor:
    """Return (B, 3, H, W) of (B, 1, H, W) or (B, 3, H, W)."""
    return images.repeat(1, 3, 1, 1) if images.shape[1] == 1 else images
