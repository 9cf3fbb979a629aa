"""Multiplies hue, saturation and value of an image, by 8-bit tables as the toolchain does.

Axes: H rows, W columns.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

HUES = 180  # of OpenCV's 8-bit hue, two degrees each
_VALUES = np.arange(256, dtype=np.float32)


def with_gains(pixels: NDArray[np.uint8], gains: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Return the image with hue, saturation and value multiplied.

    Args:
        pixels: (H, W, 3), red green blue.
        gains: of hue (which wraps around), saturation and value (which are cut at their largest); all 1
            return the image itself.
    """
    if gains == (1.0, 1.0, 1.0):
        return pixels
    table = _VALUES[:, np.newaxis] * np.array(gains, np.float32)
    table[:, 0] %= HUES
    np.minimum(table[:, 1:], 255, out=table[:, 1:])
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    changed = cv2.LUT(hsv, table.astype(np.uint8)[np.newaxis])
    return cv2.cvtColor(changed, cv2.COLOR_HSV2RGB, dst=changed)  # type: ignore[return-value]
