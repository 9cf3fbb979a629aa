"""Batches as the tasks receive them, where their images come from, and what a detector finds on one.

Shapes: B batch, H rows, W columns, N boxes of all the batch's images together, n of one image, K boxes found.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class ImageOrigin:
    """One image of an evaluation batch: x of the batch = scale x of the original + shift, and so for y.

    Attributes:
        index: of the image in its split.
        name: of its file, or its number.
        width, height: of the original, pixels.
        scale: factors along x and y.
        shift: along x and y, pixels of the batch.
    """

    index: int
    name: str
    width: int
    height: int
    scale: tuple[float, float]
    shift: tuple[float, float]

    def to_original(self, boxes: Tensor) -> Tensor:
        """Return boxes (n, 4), xyxy, in pixels of the original, clipped to it."""
        moved = (boxes - boxes.new_tensor(self.shift * 2)) / boxes.new_tensor(self.scale * 2)
        limits = boxes.new_tensor((self.width, self.height) * 2)
        return torch.minimum(moved.clamp(min=0), limits)


class _Tensors:
    """What batches share: their tensors are moved together."""

    def to(self, device: torch.device | str) -> Self:
        """Return this batch on `device`; to a GPU from page-locked memory the copies overlap with work."""
        ahead = torch.device(device).type == "cuda"  # to the host, a reader would be ahead of the copy
        return self._each_tensor(lambda tensor: tensor.to(device, non_blocking=ahead))

    def pin_memory(self) -> Self:
        """Return this batch in page-locked memory, from which copies to a GPU overlap with work."""
        return self._each_tensor(Tensor.pin_memory)

    def _each_tensor(self, change: Callable[[Tensor], Tensor]) -> Self:
        changed: Any = {name: change(each) for name, each in vars(self).items() if isinstance(each, Tensor)}
        return replace(self, **changed)  # type: ignore[type-var]


@dataclass
class ImageBatch(_Tensors):
    """Images and the class of each.

    Attributes:
        images: (B, 3, H, W), float in [0, 1].
        labels: (B,), int64, from 0.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)


@dataclass
class DetectionBatch(_Tensors):
    """Images and the boxes on all of them, in one list.

    Attributes:
        images: (B, 3, H, W), float in [0, 1]. A loader may give them as uint8, to be made float where they
            are used.
        boxes: (N, 4), float, x1 y1 x2 y2 in pixels of `images`.
        labels: (N,), int64, from 0.
        image_index: (N,), int64, the row of `images` that a box lies on; any order.
        ignore: (N,), bool, true for what is neither object nor background: crowds, difficult objects,
            ignored regions.
        origins: of the B images, in evaluation; empty in training.
        most: largest number of boxes on an image that are not ignored; None: it is counted when needed.
        plan: (B, 4, 13), from which the device draws the images, empty until then; see `DeviceImages`.
    """

    images: Tensor
    boxes: Tensor
    labels: Tensor
    image_index: Tensor
    ignore: Tensor
    origins: tuple[ImageOrigin, ...] = ()
    most: int | None = None
    plan: Tensor | None = None

    def with_unit_images(self) -> Self:
        """Return this batch with uint8 images made float32 in [0, 1]; others stay as they are."""
        if self.images.dtype != torch.uint8:
            return self
        return replace(self, images=self.images.float().div_(255))

    def __len__(self) -> int:
        return len(self.images)


@dataclass
class Detections:
    """The boxes found on one image, highest score first.

    Attributes:
        boxes: (K, 4), float, x1 y1 x2 y2 in pixels.
        scores: (K,), float in [0, 1].
        labels: (K,), int64, from 0.
    """

    boxes: Tensor
    scores: Tensor
    labels: Tensor

    def __getitem__(self, which: slice | Tensor) -> "Detections":
        return Detections(self.boxes[which], self.scores[which], self.labels[which])
