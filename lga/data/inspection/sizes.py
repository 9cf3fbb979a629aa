"""Sizes of images and of boxes, in a few numbers each.

Axes: N images, M boxes of all of them.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
UNDER = (8, 16, 20, 32)  # pixels; 20 is TinyPerson's bound of tiny objects, 32 COCO's of small ones


@dataclass(frozen=True)
class ImageSizes:
    """Widths and heights of images, ordered by their number of pixels.

    Attributes:
        smallest, median, largest: width and height.
        counts: number of images of each size, such as ``1920 x 1080``, the most frequent first.
    """

    smallest: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    counts: dict[str, int]

    @classmethod
    def of(cls, sizes: NDArray[np.int64]) -> Self | None:
        """Return the sizes of images, (N, 2), width and height; None of no image."""
        if not len(sizes):
            return None
        ordered = sizes[np.argsort(sizes.prod(1), kind="stable")].tolist()
        smallest, median, largest = ordered[0], ordered[(len(ordered) - 1) // 2], ordered[-1]
        counts = Counter(f"{width} x {height}" for width, height in ordered)
        return cls(tuple(smallest), tuple(median), tuple(largest), dict(counts.most_common()))


@dataclass(frozen=True)
class BoxSizes:
    """Roots of the areas of boxes, in pixels of the files.

    Attributes:
        percentiles: by their percent.
        under: how many are smaller than so many pixels.
    """

    percentiles: dict[int, float]
    under: dict[int, int]

    @classmethod
    def of(cls, roots: NDArray[np.float64]) -> Self | None:
        """Return the sizes of boxes, from the roots of their areas (M,); None of no box."""
        if not len(roots):
            return None
        values = np.percentile(roots, PERCENTILES).round(2).tolist()
        return cls(
            percentiles=dict(zip(PERCENTILES, values, strict=True)),
            under={limit: int((roots < limit).sum()) for limit in UNDER},
        )


def box_roots(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the root of each box's area, (M,), from corners (M, 4) in pixels."""
    extents = boxes[:, 2:].astype(np.float64) - boxes[:, :2]
    roots: NDArray[np.float64] = np.sqrt(extents.prod(1))
    return roots
