"""Where an image lies on a canvas: resized to whole pixels, at a whole pixel, seen through a window.

Resizing is plain bilinear, as in the toolchain that the paper used: no antialiasing where an image shrinks.

Axes: H rows and W columns of the canvas, h and w of the image, n boxes.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lga.data.detection.annotations import Targets

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
