"""Which boxes stay after an image was scaled, shifted and cut.

Source: the toolchain's candidates: a box stays if what is left of it is more than 2 pixels wide and high,
more than a tenth of it, and less than 100 times as long as wide.

Axes: n boxes.
"""

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.annotations import Targets

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
