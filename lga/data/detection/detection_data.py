"""The data module of detection: splits to batches of images and boxes.

Workers give images as uint8, a quarter of the bytes; they are made float in [0, 1] where they are used, after
the copy to the device. Where a GPU keeps the training split, workers only plan, and it draws the images.
A run resumes at the start of an epoch.
"""

from collections.abc import Callable
from functools import cached_property

from torch.utils.data import Sampler

from lga.data.detection.augmentation import DetectionAugmentation
from lga.data.detection.batches import VAL_SHAPES, EvaluationImages, TrainingImages
from lga.data.detection.device_images import DeviceImages, device_images
from lga.data.detection.image_cache import with_cached_images
from lga.data.detection.splits import DetectionSource, DetectionSplits
from lga.data.loading.batch_order import BatchKey, BatchOrder
from lga.data.loading.splits_data import DeferredLoader, SplitsData
from lga.structures import DetectionBatch
from lga.system.errors import UserError


class DetectionData(SplitsData[DetectionSplits]):
    """Train, validation and test loaders of a detection set.

    Args:
        reader: reads the set; called once, when its splits are first needed.
        image_size: side of training images, and longer side of the others, pixels.
        batch_size: training images in a batch; validation and test batches are twice as large.
        epochs: of the training; the last ``augmentation.close_mosaic`` are without mosaic.
        augmentation: of the training images; None takes the defaults of the paper's toolchain.
        val_shape: ``square`` or ``toolchain``, see `lga.data.detection.batches`.
        seed: of the order and of the augmentation; >= 0. Batches depend on it and on the epoch only.
        num_workers: processes that make batches; 0 makes them in the training process.
        cache: ``none``, ``memory`` or ``disk``, where the images of the training and the validation split are
            kept resized; the test split is read once. ``disk`` is the folder ``cache_dir`` of ``reader``.
        train_share: of the training images, see `lga.data.loading`; the others are neither kept resized
            nor partners of a mosaic.
    """

    def __init__(
        self,
        reader: Callable[[], DetectionSplits],
        image_size: int,
        batch_size: int,
        epochs: int,
        augmentation: DetectionAugmentation | None = None,
        val_shape: str = "square",
        seed: int = 0,
        num_workers: int = 0,
        cache: str = "none",
        train_share: float = 1.0,
    ) -> None:
        super().__init__(reader, image_size, batch_size, seed, num_workers, train_share)
        if val_shape not in VAL_SHAPES:
            raise UserError(f"val_shape={val_shape!r} is unknown: choose one of {', '.join(VAL_SHAPES)}")
        self.cache, self.cache_dir = cache, getattr(reader, "cache_dir", None)
        if cache == "disk" and self.cache_dir is None:
            raise UserError("cache=disk: the reader of this set has no cache_dir; choose memory or none")
        self.epochs = epochs
        self.augmentation = augmentation or DetectionAugmentation()
        self.val_shape = val_shape

    @property
    def judged(self) -> DetectionSource:
        """The split that `test_dataloader` gives."""
        return self.splits.val if self.judged_split == "val" else self.splits.test

    def train_dataloader(self) -> DeferredLoader[DetectionBatch]:
        """Shuffled, augmented batches; images uint8."""
        mosaic_epochs = self.epochs - self.augmentation.close_mosaic
        settings = (self.image_size, self.augmentation, mosaic_epochs, self.seed, self._on_device is not None)
        images = TrainingImages(self._cached_train, *settings)
        order = BatchOrder(len(images), self.batch_size, self.seed, shuffle=True)
        return self._loader(images, self.sharded(order))

    def val_dataloader(self) -> DeferredLoader[DetectionBatch]:
        """Letterboxed batches of the validation split; images uint8."""
        return self._evaluation_loader(self._cached_val)

    def test_dataloader(self) -> DeferredLoader[DetectionBatch]:
        """Letterboxed batches of the split that is judged; images uint8."""
        return self._evaluation_loader(self.judged)

    def on_after_batch_transfer(self, batch: DetectionBatch, dataloader_idx: int) -> DetectionBatch:
        """Draw what is planned, and make the images float in [0, 1]; Lightning calls it on the device."""
        if batch.plan is not None and self._on_device is not None:
            batch = self._on_device.draw(batch)
        return batch.with_unit_images()

    @cached_property
    def _on_device(self) -> DeviceImages | None:
        return device_images(self._cached_train.images, self.image_size, self.device)

    @cached_property
    def _cached_train(self) -> DetectionSource:
        return with_cached_images(self.splits.train, self.image_size, self.cache, self.cache_dir)

    @cached_property
    def _cached_val(self) -> DetectionSource:
        return with_cached_images(self.splits.val, self.image_size, self.cache, self.cache_dir)

    def _evaluation_loader(self, source: DetectionSource) -> DeferredLoader[DetectionBatch]:
        images = EvaluationImages(source, self.image_size, self.val_shape)
        order = BatchOrder(len(images), 2 * self.batch_size, self.seed, shuffle=False)
        return self._loader(images, self.whole_batches(order))

    def _loader(
        self, images: TrainingImages | EvaluationImages, order: Sampler[BatchKey]
    ) -> DeferredLoader[DetectionBatch]:
        for source in (self.splits.val, self.splits.test):
            if not source.counts.any():  # said before training, not by a mean of nothing after it
                raise UserError(
                    f"{source.split}: no object on its {len(source):,} images, so nothing to judge by; "
                    "add annotated images, or choose another dataset.splits"
                )
        return DeferredLoader(**self.loading(images, order))
