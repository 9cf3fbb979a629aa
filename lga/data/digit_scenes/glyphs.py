"""scikit-learn's digits, 8 x 8 cells, drawn smoothly at any size; and a scene's own random numbers.

Each digit is enlarged once, bicubic, to 10 pixels a cell with an empty cell around it. What is less than a
quarter black there becomes empty, what is more than three quarters full; then it is cut to its ink and
resized. Random numbers are of uniform draws alone: numpy may change how it derives others.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lga.data.classification.digits import LARGEST_VALUE, load_digit_values

CELL = 10
EMPTY, FULL = 64, 191
VISIBLE = 32  # cover, of 255


class Glyphs:
    """Pictures of the 1,797 digits.

    Attributes:
        labels: (1797,), int64.
    """

    def __init__(self) -> None:
        values, labels = load_digit_values()
        self._values = values
        self.labels: NDArray[np.int64] = labels.astype(np.int64)

    def ink_shape(self, glyph: int, side: float) -> tuple[float, float]:
        """Return width and height of a digit's ink whose longer side is ``side``."""
        width, height = self._enlarged(glyph).size
        return side * width / max(width, height), side * height / max(width, height)

    def draw(self, glyph: int, width: int, height: int) -> NDArray[np.int32]:
        """Return how much ink covers each pixel, (height, width), 0 to 255."""
        return np.asarray(self._enlarged(glyph).resize((width, height), Image.Resampling.BILINEAR), np.int32)

    @cache  # noqa: B019  (at most 1,797 pictures of 10 kB; one instance a process)
    def _enlarged(self, glyph: int) -> Image.Image:
        cells = np.pad(self._values[glyph].astype(np.uint16), 1) * 255 // LARGEST_VALUE
        side = CELL * len(cells)
        blackness = Image.fromarray(cells.astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
        inked = np.asarray(blackness, np.int32).clip(EMPTY, FULL) - EMPTY
        cover = Image.fromarray((inked * 255 // (FULL - EMPTY)).astype(np.uint8))
        return cover.crop(cover.getbbox())


def ink_extent(cover: NDArray[np.int32]) -> tuple[int, int, int, int]:
    """Return x1 y1 x2 y2 of the smallest box around the pixels covered by `VISIBLE` or more."""
    ink = cover >= VISIBLE
    columns, rows = np.flatnonzero(ink.any(0)), np.flatnonzero(ink.any(1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


class Draws:
    """Uniform draws of PCG64 seeded by a key of whole numbers, each >= 0."""

    def __init__(self, *key: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * float(self._generator.random())

    def below(self, count: int) -> int:
        """Return a whole number from 0 to count - 1."""
        return int(self.uniform(0, count))

    def chance(self, probability: float) -> bool:
        """Return true with the given probability."""
        return self.uniform() < probability
