"""Batches of images with their boxes: augmented for training, letterboxed for judging.

A training batch is made whole, by its key. For judging, `square` shapes are S x S, S the image size;
`toolchain` shapes are those of the paper's toolchain: images in order of aspect ratio, each batch as tall and
wide as its images need, rounded up to a multiple of 32 after half of 32 is added, so that square images of
640 pixels lie on 672 x 672.

Axes: N images of the split, B of the batch, S side of a training image, H and W rows and columns of a batch.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from lga.data.detection.augmentation import AugmentationDraws, DetectionAugmentation, draw, with_gains
from lga.data.detection.geometry import (
    PAD_VALUE,
    Arrangement,
    Placement,
    arrange_four,
    arrange_one,
    flip_boxes,
    resized_shape,
)
from lga.data.detection.splits import DetectionSource, Targets
from lga.data.loading.batch_order import BatchKey
from lga.structures import DetectionBatch
from lga.structures.batch import ImageOrigin
from lga.system.errors import UserError


def collate(
    images: Tensor, targets: Sequence[Targets], origins: tuple[ImageOrigin, ...] = ()
) -> DetectionBatch:
    """Return the batch of images (B, 3, H, W) and of the boxes of each."""
    joined = Targets.join(targets)
    rows = np.repeat(np.arange(len(targets)), [len(part.labels) for part in targets])
    return DetectionBatch(
        images=images,
        boxes=torch.from_numpy(joined.boxes),
        labels=torch.from_numpy(joined.labels),
        image_index=torch.from_numpy(rows),
        ignore=torch.from_numpy(joined.ignore),
        origins=origins,
        most=int(np.bincount(rows[~joined.ignore]).max(initial=0)),
    )


VAL_SHAPES = ("square", "toolchain")
STRIDE = 32
EXTRA = 0.5  # of a stride


def letterbox(size: tuple[int, int], image_size: int, canvas: tuple[int, int]) -> Placement:
    """Return the place of an image of ``size`` (width, height) whose longer side becomes S on the canvas."""
    resized = resized_shape(size, image_size)
    left, top = ((whole - part) // 2 for whole, part in zip(canvas, resized, strict=True))
    return Placement(size, resized, (left, top), (0, 0, *canvas))


def evaluation_order(sizes: NDArray[np.int64], val_shape: str) -> NDArray[np.int64]:
    """Return in which order images of ``sizes`` (N, 2), width and height, are judged."""
    if val_shape == "square":
        return np.arange(len(sizes))
    return np.argsort(sizes[:, 1] / sizes[:, 0], kind="stable")


def batch_canvas(sizes: NDArray[np.int64], image_size: int, val_shape: str) -> tuple[int, int]:
    """Return width and height of the batch of images of ``sizes`` (N, 2), width and height."""
    if val_shape == "square":
        return image_size, image_size
    shares = (sizes / sizes.max(1, keepdims=True)).max(0) * image_size / STRIDE
    width, height = (math.ceil(float(share) + EXTRA) * STRIDE for share in shares)
    return width, height


class Plan(NamedTuple):
    """A training image: its random draws, its images of the split, where they lie, and its boxes."""

    draws: AugmentationDraws
    members: tuple[int, ...]
    arrangement: Arrangement
    targets: Targets

    def numbers(self) -> NDArray[np.float64]:
        """Return for each of four places image, size, corner and window (0 if left out), gains and flip."""
        numbers = np.zeros((4, 13))
        for row, member, place in zip(numbers, self.members, self.arrangement.placements, strict=False):
            row[:9] = member, *place.resized, *place.corner, *place.window
        numbers[:, 9:] = *self.draws.gains, self.draws.flip
        return numbers


class TrainingImages(Dataset[DetectionBatch | UserError]):
    """`BatchKey` to `DetectionBatch`, its images (B, 3, S, S) uint8.

    A batch depends on its key and the seed alone. A file that cannot be read is returned as the `UserError`
    that says so, see `DeferredLoader`.

    Args:
        source: the split.
        image_size: S, pixels.
        augmentation: its settings.
        mosaic_epochs: epochs from the first on in which mosaic is used.
        seed: of the run.
        planned: leave drawing the images to `DeviceImages`, by the batch's `plan`.
    """

    def __init__(
        self,
        source: DetectionSource,
        image_size: int,
        augmentation: DetectionAugmentation,
        mosaic_epochs: int,
        seed: int,
        planned: bool = False,
    ) -> None:
        self.source = source
        self.image_size = image_size
        self.augmentation = augmentation
        self.mosaic_epochs = mosaic_epochs
        self.seed = seed
        self.planned = planned

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, key: BatchKey) -> DetectionBatch | UserError:
        plans = [self._plan(key.epoch, index) for index in key.indices.tolist()]
        targets = [plan.targets for plan in plans]
        if self.planned:
            batch = collate(torch.empty(len(plans), 3, 0, 0, dtype=torch.uint8), targets)
            return replace(batch, plan=torch.from_numpy(np.stack([plan.numbers() for plan in plans])))
        images = np.empty((len(plans), 3, self.image_size, self.image_size), np.uint8)
        try:
            for row, plan in enumerate(plans):
                images[row] = self._draw(plan)
        except UserError as error:
            return error
        return collate(torch.from_numpy(images), targets)

    def _plan(self, epoch: int, index: int) -> Plan:
        mosaic = epoch < self.mosaic_epochs
        draws = draw(self.augmentation, len(self), mosaic, self.seed, epoch, index)
        members = (index, *draws.partners) if draws.mosaic else (index,)
        sizes = [(width, height) for width, height in self.source.sizes[list(members)].tolist()]
        if draws.mosaic:
            arrangement = arrange_four(sizes, self.image_size, draws.centre, draws.zoom, draws.shift)
        else:
            arrangement = arrange_one(sizes[0], self.image_size, draws.zoom, draws.shift)
        targets = arrangement.map([self.source.targets(member) for member in members])
        if draws.flip:
            targets = targets._replace(boxes=flip_boxes(targets.boxes, self.image_size))
        return Plan(draws, members, arrangement, targets)

    def _draw(self, plan: Plan) -> NDArray[np.uint8]:
        canvas = plan.arrangement.draw([self.source.images.load(member) for member in plan.members])
        pixels = with_gains(canvas, plan.draws.gains).transpose(2, 0, 1)
        return pixels[:, :, ::-1] if plan.draws.flip else pixels


class EvaluationImages(Dataset[DetectionBatch | UserError]):
    """`BatchKey` to `DetectionBatch`, its images (B, 3, H, W) uint8, with the origin of each.

    All boxes are kept, however small. A file that cannot be read is returned as the `UserError` that says so,
    see `DeferredLoader`.

    Args:
        source: the split.
        image_size: longer side that images are resized to, pixels.
        val_shape: of the batches, see `lga.data.detection.batches`.
    """

    def __init__(self, source: DetectionSource, image_size: int, val_shape: str) -> None:
        self.source = source
        self.image_size = image_size
        self.val_shape = val_shape
        self.order = evaluation_order(source.sizes, val_shape)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, key: BatchKey) -> DetectionBatch | UserError:
        indices = self.order[key.indices]
        width, height = batch_canvas(self.source.sizes[indices], self.image_size, self.val_shape)
        images = np.full((len(indices), height, width, 3), PAD_VALUE, np.uint8)
        targets, origins = [], []
        try:
            for row, index in enumerate(indices.tolist()):
                found, origin = self._make(index, images[row])
                targets.append(found)
                origins.append(origin)
        except UserError as error:
            return error
        batch = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
        return collate(batch, targets, tuple(origins))

    def _make(self, index: int, pixels: np.ndarray) -> tuple[Targets, ImageOrigin]:
        """Draw an image on ``pixels`` (H, W, 3), and return its boxes and origin."""
        width, height = self.source.sizes[index].tolist()
        placement = letterbox((width, height), self.image_size, (pixels.shape[1], pixels.shape[0]))
        placement.draw(pixels, self.source.images.load(index))
        name = str(self.source.names[index])
        origin = ImageOrigin(index, name, width, height, scale=placement.scale, shift=placement.corner)
        return placement.map(self.source.targets(index)), origin
