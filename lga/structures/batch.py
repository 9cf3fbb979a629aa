"""Batches as the tasks receive them.

Axes: B batch, H rows, W columns, N boxes of all the batch's images together.
"""

from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor


@dataclass
class ImageBatch:
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
class DetectionBatch:
    """Images and the boxes on all of them, in one list.

    Attributes:
        images: (B, 3, H, W), float in [0, 1].
        boxes: (N, 4), float, x1 y1 x2 y2 in pixels of `images`.
        labels: (N,), int64, from 0.
        image_index: (N,), int64, the row of `images` that a box lies on; any order.
        ignore: (N,), bool, true for what is neither object nor background: crowds, difficult objects,
            ignored regions.
    """

    images: Tensor
    boxes: Tensor
    labels: Tensor
    image_index: Tensor
    ignore: Tensor

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Self:
        """Return this batch on `device`."""
        return type(self)(
            *(getattr(self, f.name).to(device, non_blocking=non_blocking) for f in fields(self))
        )

    def pin_memory(self) -> Self:
        """Return this batch in page-locked memory, from which copies to a GPU overlap with work."""
        return type(self)(*(getattr(self, f.name).pin_memory() for f in fields(self)))

    def __len__(self) -> int:
        return len(self.images)
