"""The data module of classification: splits to batches of RGB images in [0, 1].

A batch is made at once by indexing a split's 8-bit images, not image by image; where an augmentation gains by
it, the next batches are made with it. Images in files are read when their batch is made, and images of one
size are augmented together. With a GPU, a split that fits is kept on it, and batches are made there from the
same draws. Grey images become RGB by repetition. A run resumes at the start of an epoch;
batches within an epoch are not skipped.

Axes: N images of a split, B of a batch, C channels, H rows, W columns, S side of the result.
"""

from collections.abc import Callable
from copy import deepcopy
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler, get_worker_info

from lga.data.classification.augmentation import Augmentation, NoAugmentation, make_augmentation
from lga.data.classification.labelled_images import ImageSplits, LabelledImages
from lga.data.detection.image_stores import FileImages
from lga.data.loading.batch_order import BatchKey, BatchOrder
from lga.data.loading.sharding import TrainingOrder
from lga.data.loading.splits_data import DeferredLoader, SplitsData
from lga.structures.batch import ImageBatch
from lga.system.errors import UserError

MOST_ON_DEVICE = 2**30  # bytes of a split


class BatchedImages(Dataset[ImageBatch | UserError]):
    """The images of a split, given out by whole batches: `BatchKey` to `ImageBatch`.

    Args:
        source: the split.
        augmentation: of its images.
        order: of the keys; with it, batches may be made before they are asked for.
        device: where the images are kept; the attribute is None for files and for what does not fit.
    """

    def __init__(
        self,
        source: LabelledImages,
        augmentation: Augmentation,
        order: TrainingOrder | None = None,
        device: str | None = None,
    ) -> None:
        images: Tensor | FileImages = source.images
        self.device: str | None = None
        ahead = augmentation.images_at_once > 1 and not isinstance(images, FileImages)
        if not isinstance(images, FileImages):
            images = augmentation.prepare(images if images.ndim == 4 else images.unsqueeze(1))
            self.device = device if images.nbytes <= MOST_ON_DEVICE else None
            images = images.to(self.device or "cpu")
        self.images = images
        self.labels = source.labels.to(self.device or "cpu")
        self.augmentation = augmentation
        self.order = deepcopy(order) if ahead else None
        self.ahead: dict[tuple[int, int], Tensor] = {}

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, key: BatchKey) -> ImageBatch | UserError:
        try:
            return self._batch(key)
        except UserError as error:
            return error

    def _batch(self, key: BatchKey) -> ImageBatch:
        if self.order is None:
            images = self._augmented(key)
        else:
            if key[:2] not in self.ahead:
                self.ahead = self._made_ahead(key, self.order)
            images = self.ahead.pop(key[:2])
        return ImageBatch(images=as_rgb(images), labels=self.labels[self._rows(key)])

    def _rows(self, key: BatchKey) -> Tensor:
        """Return the key's indices on the images' device, without waiting for a GPU."""
        rows = torch.from_numpy(key.indices)
        rows = rows.pin_memory() if self.device == "cuda" else rows
        return rows.to(self.device or "cpu", non_blocking=True)

    def _augmented(self, key: BatchKey) -> Tensor:
        if not isinstance(self.images, FileImages):
            return self.augmentation(self.images[self._rows(key)], key)
        files = (np.array(self.images.load(index)) for index in key.indices.tolist())
        images = [self.augmentation.prepare(torch.from_numpy(file).permute(2, 0, 1)[None]) for file in files]
        made = dict[int, Tensor]()
        for shape in {image.shape for image in images}:  # images of one size together
            rows = [row for row, image in enumerate(images) if image.shape == shape]
            together = torch.cat([images[row] for row in rows])
            of_rows = key._replace(indices=key.indices[rows])
            made.update(zip(rows, self.augmentation(together, of_rows), strict=True))
        return torch.stack([made[row] for row in range(len(images))])

    def _made_ahead(self, key: BatchKey, order: TrainingOrder) -> dict[tuple[int, int], Tensor]:
        """Make this process's batches from ``key`` on together; return them by (epoch, number)."""
        worker = get_worker_info()
        step = 1 if worker is None else worker.num_workers  # a loader deals its batches out in turn
        most = max(self.augmentation.images_at_once // len(key.indices), 1)
        order.set_epoch(key.epoch)
        keys = list(islice(order, key.number, key.number + most * step, step))
        together = key._replace(indices=np.concatenate([each.indices for each in keys]))
        parts = torch.split(self._augmented(together), [len(each.indices) for each in keys])
        return {each[:2]: part.clone() for each, part in zip(keys, parts, strict=True)}


class ClassificationData(SplitsData[ImageSplits]):
    """Train, validation and test loaders of a classification set.

    Args:
        reader: reads the set; called once, when its splits are first needed.
        image_size: S, side of the square images given out, pixels.
        batch_size: training images in a batch; validation and test batches are twice as large.
        augmentation: of the training images: ``none``, ``affine`` or ``paper``, see `augmentation`.
        seed: of the order and of the augmentation; >= 0. Batches depend on it and on the epoch only.
        num_workers: processes that make batches; 0 makes them in the training process.
        train_share: of the training images, see `lga.data.loading.splits_data`.
    """

    def __init__(
        self,
        reader: Callable[[], ImageSplits],
        image_size: int,
        batch_size: int,
        augmentation: str = "none",
        seed: int = 0,
        num_workers: int = 0,
        train_share: float = 1.0,
    ) -> None:
        super().__init__(reader, image_size, batch_size, seed, num_workers, train_share)
        self.augmentation = make_augmentation(augmentation, image_size, seed)

    def train_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Shuffled, augmented batches."""
        source = self.splits.train
        order = self.sharded(BatchOrder(len(source), self.batch_size, self.seed, shuffle=True))
        return self._loader(BatchedImages(source, self.augmentation, order, self.device), order)

    def val_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Batches of the validation split, in its order."""
        return self._evaluation_loader(self.splits.val)

    def test_dataloader(self) -> DeferredLoader[ImageBatch]:
        """Batches of the split that is judged, in its order."""
        splits = self.splits
        return self._evaluation_loader(splits.val if self.judged_split == "val" else splits.test)

    def _evaluation_loader(self, source: LabelledImages) -> DeferredLoader[ImageBatch]:
        images = BatchedImages(source, NoAugmentation(self.image_size), device=self.device)
        order = BatchOrder(len(images), 2 * self.batch_size, self.seed, shuffle=False)
        return self._loader(images, self.whole_batches(order))

    def _loader(self, images: BatchedImages, order: Sampler[BatchKey]) -> DeferredLoader[ImageBatch]:
        return DeferredLoader(**self.loading(images, order, images.device is not None))


def as_rgb(images: Tensor) -> Tensor:
    """Return (B, 3, H, W) of (B, 1, H, W) or (B, 3, H, W)."""
    return images.repeat(1, 3, 1, 1) if images.shape[1] == 1 else images
