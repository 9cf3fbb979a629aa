"""A scene's pixels and boxes.

A box is the extent of the digit's visible ink: of the pixels at least an eighth covered by it, whether or not
a later digit hides some of them. Ink is opaque where it covers a pixel wholly.

Axes: H rows, W columns, D digits of the scene.
"""

import numpy as np
from numpy.typing import NDArray

from lga.data.digit_scenes.backgrounds import Backgrounds
from lga.data.digit_scenes.glyphs import Glyphs, ink_extent
from lga.data.digit_scenes.layout import PlacedDigit, Scene

LUMA = np.array([0.299, 0.587, 0.114])
DARKEST, LIGHTEST = 8, 247


def render(
    scene: Scene, size: int, backgrounds: Backgrounds, glyphs: Glyphs
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw a scene.

    Returns:
        The picture, (size, size, 3), and the digits' boxes, (D, 4), x1 y1 x2 y2 in pixels.
    """
    picture = backgrounds.draw(scene, size)
    boxes = [_draw_digit(picture, digit, glyphs) for digit in scene.digits]
    return picture, np.array(boxes)


def _draw_digit(picture: NDArray[np.uint8], digit: PlacedDigit, glyphs: Glyphs) -> tuple[int, int, int, int]:
    size = len(picture)
    width, height = (max(1, round(share * size)) for share in (digit.width, digit.height))
    left, top = min(round(digit.left * size), size - width), min(round(digit.top * size), size - height)
    cover = glyphs.draw(digit.glyph, width, height)
    below = picture[top : top + height, left : left + width]
    share = cover[..., np.newaxis]
    below[:] = (below * (255 - share) + _ink_colour(below, digit) * share + 127) // 255
    x1, y1, x2, y2 = ink_extent(cover)
    return left + x1, top + y1, left + x2, top + y2


def _ink_colour(below: NDArray[np.uint8], digit: PlacedDigit) -> NDArray[np.int64]:
    """Return a colour, (3,), as far from what is below as the digit's contrast and the texture there."""
    luma = below.reshape(-1, 3) @ LUMA
    mean, distance = luma.mean(), digit.contrast + luma.std()
    lighter, darker = mean + distance, mean - distance
    grey = lighter if digit.light else darker
    if not DARKEST <= grey <= LIGHTEST:
        grey = lighter if mean < (DARKEST + LIGHTEST) / 2 else darker
    colour = np.rint(grey + np.array(digit.tint)).clip(DARKEST, LIGHTEST)
    return colour.astype(np.int64)  # type: ignore[no-any-return]
