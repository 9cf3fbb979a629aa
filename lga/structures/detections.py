"""What a detector finds on one image.

Shapes: K boxes found.
"""

from dataclasses import dataclass

from torch import Tensor


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
