"""What a scene shows, before any pixel: its background, its digits, and where and how large each is.

All lengths are shares of the scene's side, so a scene has the same layout at every image size. Sizes in
pixels, below, are those of a scene of 160. Everything is drawn from PCG64 seeded by (split, number of the
scene), by uniform draws alone.

Sizes: the longer side of a digit's ink is 8 to 64 pixels, log-uniform, so that 43 % are below 20. Half of the
scenes are sparse (1 to 5 digits), half crowded (6 to 20). Of any two boxes at most 25 % of the smaller one
overlap; a digit that finds no such place in 30 tries is left out.
"""

from dataclasses import dataclass

import numpy as np

from lga.data.digit_scenes.glyphs import Draws, Glyphs

SMALLEST_SIDE, LARGEST_SIDE = 8 / 160, 64 / 160
SPARSE_COUNTS, CROWDED_COUNTS = (1, 5), (6, 20)
LARGEST_OVERLAP = 0.25
TRIES = 30
PHOTOGRAPHS = 2


@dataclass(frozen=True)
class PlacedDigit:
    """One digit of a scene.

    Attributes:
        glyph: its number among scikit-learn's 1,797.
        left, top, width, height: of its ink, shares of the scene's side.
        contrast: difference in luma to what is below it, 0 to 255.
        light: lighter than what is below it, where that leaves room.
        tint: red, green and blue added to the ink's grey; together of no luma.
    """

    glyph: int
    left: float
    top: float
    width: float
    height: float
    contrast: float
    light: bool
    tint: tuple[float, float, float]


@dataclass(frozen=True)
class Scene:
    """A background and the digits on it, later ones above earlier ones.

    Attributes:
        photograph: 0 or 1.
        crop_left, crop_top, crop_side: draws in [0, 1) of the crop's place and size in its split's region.
        mirrored: the crop is turned left to right.
        gain: factor on the crop's pixels.
        digits: at least one.
    """

    photograph: int
    crop_left: float
    crop_top: float
    crop_side: float
    mirrored: bool
    gain: float
    digits: tuple[PlacedDigit, ...]


def lay_out(draws: Draws, glyphs: Glyphs, members: list[np.ndarray]) -> Scene:
    """Draw a scene.

    Args:
        draws: the scene's own.
        glyphs: of all digits.
        members: for each class, the numbers of the digits that the split may use.
    """
    photograph = draws.below(PHOTOGRAPHS)
    crop_left, crop_top, crop_side = draws.uniform(), draws.uniform(), draws.uniform()
    mirrored, gain = draws.chance(0.5), draws.uniform(0.7, 1.1)
    fewest, most = CROWDED_COUNTS if draws.chance(0.5) else SPARSE_COUNTS
    placed: list[PlacedDigit] = []
    for _ in range(fewest + draws.below(most - fewest + 1)):
        digit = _place(draws, glyphs, members, placed)
        if digit is not None:
            placed.append(digit)
    return Scene(photograph, crop_left, crop_top, crop_side, mirrored, gain, tuple(placed))


def _place(
    draws: Draws, glyphs: Glyphs, members: list[np.ndarray], placed: list[PlacedDigit]
) -> PlacedDigit | None:
    of_class = members[draws.below(len(members))]
    glyph = int(of_class[draws.below(len(of_class))])
    side = SMALLEST_SIDE * (LARGEST_SIDE / SMALLEST_SIDE) ** draws.uniform()
    width, height = glyphs.ink_shape(glyph, side)
    contrast, light, tint = draws.uniform(70, 150), draws.chance(0.5), _tint(draws)
    for _ in range(TRIES):
        left, top = draws.uniform(0, 1 - width), draws.uniform(0, 1 - height)
        digit = PlacedDigit(glyph, left, top, width, height, contrast, light, tint)
        if all(overlap(digit, other) <= LARGEST_OVERLAP for other in placed):
            return digit
    return None


def overlap(one: PlacedDigit, other: PlacedDigit) -> float:
    """Return the area that two digits' boxes share, as a share of the smaller box."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    smaller = min(one.width * one.height, other.width * other.height)
    return max(width, 0.0) * max(height, 0.0) / smaller


def _tint(draws: Draws) -> tuple[float, float, float]:
    red, green, blue = (draws.uniform(-80, 80) for _ in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return red - luma, green - luma, blue - luma
