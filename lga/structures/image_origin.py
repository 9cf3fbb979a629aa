"""Where an image of a batch comes from, and the way back to its own pixels.

Shapes: n boxes of one image.
"""

from dataclasses import dataclass

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
