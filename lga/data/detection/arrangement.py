"""Which image lies where on a training image: four around a point, or one in the middle.

The toolchain joins four images on a canvas of twice the side, then scales and shifts that canvas at random
and cuts the middle. Both steps only scale and shift each image, so here each is resized once, to its final
size. Deviation: sizes and places are rounded to whole pixels; boxes follow the rounded ones.

S is the side of the result, in pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.annotations import Targets
from lga.data.detection.box_filter import visible_boxes
from lga.data.detection.placement import PAD_VALUE, Placement, resized_shape

Pair = tuple[float, float]
Size = tuple[int, int]


@dataclass(frozen=True)
class Arrangement:
    """The places of images on a square.

    Attributes:
        side: S.
        placements: of the images, in their order.
        extent: x1 y1 x2 y2, in pixels of the result, of the canvas that was scaled and shifted; may reach
            beyond the square.
    """

    side: int
    placements: tuple[Placement, ...]
    extent: tuple[int, int, int, int]

    def draw(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Return the square, (S, S, 3), with the images on it."""
        canvas = np.full((self.side, self.side, 3), PAD_VALUE, np.uint8)
        for placement, image in zip(self.placements, images, strict=True):
            placement.draw(canvas, image)
        return canvas

    def map(self, targets: Sequence[Targets]) -> Targets:
        """Return the boxes of all images on the square, clipped, less those of which too little is left."""
        pairs = zip(self.placements, targets, strict=True)
        mapped = Targets.join([placement.map(part) for placement, part in pairs])
        return visible_boxes(mapped, self.extent, self.side)


class _Axis(NamedTuple):
    """Scales one axis of a canvas about its middle, which goes to ``target``; rounds to whole pixels."""

    middle: float
    zoom: float
    target: float

    def __call__(self, at: float) -> int:
        return round(self.zoom * (at - self.middle) + self.target)


def arrange_one(size: Size, side: int, zoom: float, shift: Pair) -> Arrangement:
    """Fit an image into the middle of the square, then scale it about the middle and shift it.

    Args:
        size: width and height of the image.
        side: S.
        zoom: factor of size.
        shift: along x and y, as shares of S.
    """
    x, y = (_Axis(side / 2, zoom, side * (0.5 + share)) for share in shift)
    fitted = resized_shape(size, side)
    corner = x((side - fitted[0]) / 2), y((side - fitted[1]) / 2)
    placement = Placement(size, resized_shape(size, zoom * side), corner, (0, 0, side, side))
    return Arrangement(side, (placement,), (x(0), y(0), x(side), y(side)))


def arrange_four(sizes: Sequence[Size], side: int, centre: Pair, zoom: float, shift: Pair) -> Arrangement:
    """Join four images around a point of a canvas of 2 S, scale it about its middle, shift it, and cut S.

    Args:
        sizes: width and height of the upper left, upper right, lower left and lower right image.
        side: S.
        centre: x and y of the point, in [0, 1] of the canvas's middle half.
        zoom, shift: see `arrange_one`.
    """
    x, y = (_Axis(side, zoom, side * (0.5 + share)) for share in shift)
    seam_x, seam_y = (axis(side * (0.5 + share)) for axis, share in zip((x, y), centre, strict=True))
    extent = x(0), y(0), x(2 * side), y(2 * side)
    left, top, right, bottom = (min(max(edge, 0), side) for edge in extent)
    placements = []
    for number, size in enumerate(sizes):
        at_right, below = number % 2 == 1, number >= 2
        width, height = resized_shape(size, zoom * side)
        corner = seam_x - width * (not at_right), seam_y - height * (not below)
        x1, x2 = (max(seam_x, left), right) if at_right else (left, min(seam_x, right))
        y1, y2 = (max(seam_y, top), bottom) if below else (top, min(seam_y, bottom))
        placements.append(Placement(size, (width, height), corner, (x1, y1, x2, y2)))
    return Arrangement(side, tuple(placements), extent)
