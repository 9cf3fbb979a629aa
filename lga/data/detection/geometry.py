"""Where images lie on a training image, four around a point or one in the middle, and which boxes stay.

The toolchain joins four images on a canvas of twice the side, then scales and shifts that canvas at random
and cuts the middle. Both steps only scale and shift each image, so here each is resized once, bilinearly and
without antialiasing as there, to its final size. Deviation: sizes and places are whole pixels, and boxes
follow them. A box stays by the toolchain's rule: if what is left of it is more than 2 pixels wide and high,
more than a tenth of it, and less than 100 times as long as wide.

Axes: S side of the result, H rows and W columns of the canvas, h and w of the image, n boxes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lga.data.detection.splits import Targets

LEAST_SIDE = 2.0
LEAST_SHARE = 0.1
LARGEST_ASPECT = 100.0


def visible_boxes(targets: Targets, extent: tuple[int, int, int, int], side: int) -> Targets:
    """Clip boxes to a square and drop those of which too little is left.

    Args:
        targets: in pixels of the square.
        extent: x1 y1 x2 y2 of the canvas that the square was cut from; shares are of what lay on it.
        side: of the square.
    """
    before = _clip(targets.boxes, extent)
    after = np.clip(before, 0, np.float32(side))
    return targets._replace(boxes=after).take(is_visible(before, after))


def is_visible(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which boxes (n, 4) stay, given what they were and what is left of them."""
    widths, heights = after[:, 2] - after[:, 0], after[:, 3] - after[:, 1]
    areas = (before[:, 2] - before[:, 0]) * (before[:, 3] - before[:, 1])
    large = (widths > LEAST_SIDE) & (heights > LEAST_SIDE)
    whole = widths * heights > LEAST_SHARE * areas
    slim = np.maximum(widths, heights) >= LARGEST_ASPECT * np.minimum(widths, heights)
    visible: NDArray[np.bool_] = large & whole & ~slim
    return visible


def _clip(boxes: NDArray[np.float32], extent: tuple[int, int, int, int]) -> NDArray[np.float32]:
    x1, y1, x2, y2 = extent
    return np.clip(boxes, np.array((x1, y1, x1, y1), np.float32), np.array((x2, y2, x2, y2), np.float32))


PAD_VALUE = 114

cv2.setNumThreads(0)  # its threads do not survive the fork of a worker, and workers fill the cores already


class Placement(NamedTuple):
    """An image on a canvas. Pairs are along x and y, in pixels.

    Attributes:
        size: width and height of the image; the one that is drawn may have been resized before.
        resized: width and height on the canvas.
        corner: where the image's upper left corner lies; may be outside the canvas.
        window: x1 y1 x2 y2, the part of the canvas that the image may cover.
    """

    size: tuple[int, int]
    resized: tuple[int, int]
    corner: tuple[int, int]
    window: tuple[int, int, int, int]

    @property
    def scale(self) -> tuple[float, float]:
        """Factors of size."""
        return self.resized[0] / self.size[0], self.resized[1] / self.size[1]

    def draw(self, canvas: NDArray[np.uint8], image: NDArray[np.uint8]) -> None:
        """Draw the image (h, w, 3) on the canvas (H, W, 3)."""
        (x, y), (width, height) = self.corner, self.resized
        x1, y1 = max(x, self.window[0]), max(y, self.window[1])
        x2, y2 = min(x + width, self.window[2]), min(y + height, self.window[3])
        if x1 >= x2 or y1 >= y2:
            return
        if self.resized != (image.shape[1], image.shape[0]):
            image = cv2.resize(image, self.resized, interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
        canvas[y1:y2, x1:x2] = image[y1 - y : y2 - y, x1 - x : x2 - x]

    def map(self, targets: Targets) -> Targets:
        """Return the targets in pixels of the canvas, not clipped."""
        scale, corner = np.array(self.scale * 2, np.float32), np.array(self.corner * 2, np.float32)
        return targets._replace(boxes=targets.boxes * scale + corner)


def resized_shape(size: tuple[int, int], longest: float) -> tuple[int, int]:
    """Return width and height, whole and at least 1, of an image whose longer side becomes ``longest``."""
    ratio = longest / max(size)
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def flip_boxes(boxes: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return boxes (n, 4) of a canvas that is turned left to right."""
    flipped = boxes.copy()
    flipped[:, 0], flipped[:, 2] = width - boxes[:, 2], width - boxes[:, 0]
    return flipped


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
