"""Boxes on a picture: those that count in the colour of their class, ignored ones dashed and hatched.

Coordinates are pixels of the canvas that is drawn on.
"""

import colorsys
from collections.abc import Iterator

from PIL import Image, ImageDraw

from lga.structures.ground_truth import Ignored

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]  # first and last column and row: x1 y1 x2 y2

DASH, GAP = 4, 3
HATCH_EVERY = 8
LEAST_THICK = 8  # pixels of the shorter side
LEAST_HATCHED = 14
HATCH_OPACITY = 110  # of 255
FEW, MANY = 8, 20  # classes that hues alone keep apart; that evenly spaced ones do
GOLDEN = 0.618034  # turns of hue from one of many classes to the next: neighbours are far apart
REASON_COLOURS: dict[Ignored, Colour] = {
    Ignored.CROWD: (255, 255, 255),
    Ignored.DIFFICULT: (255, 255, 255),
    Ignored.REGION: (255, 255, 255),
    Ignored.NOT_EVALUATED: (255, 230, 0),
    Ignored.MARKED: (255, 255, 255),
    Ignored.UNCERTAIN: (255, 230, 0),
    Ignored.DENSE: (0, 240, 255),
    Ignored.SIZE: (255, 255, 255),
    Ignored.CUT: (255, 230, 0),
}


def class_colour(label: int, num_classes: int) -> Colour:
    """Return the colour of a class: hues all around, of more than a few every other one darker."""
    hue = label / num_classes if num_classes <= MANY else label * GOLDEN % 1
    value = 1.0 if num_classes <= FEW or label % 2 == 0 else 0.7
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.9, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def draw_object(canvas: Image.Image, box: Box, colour: Colour) -> None:
    """Draw the outline of a box that counts, thicker if there is room."""
    x1, y1, x2, y2 = box
    width = 2 if min(x2 - x1, y2 - y1) >= LEAST_THICK else 1
    ImageDraw.Draw(canvas).rectangle(box, outline=colour, width=width)


def draw_ignored(canvas: Image.Image, box: Box, reason: Ignored) -> None:
    """Draw a box that does not count: a dashed outline, and diagonals if there is room."""
    colour = REASON_COLOURS[reason]
    x1, y1, x2, y2 = box
    if min(x2 - x1, y2 - y1) >= LEAST_HATCHED:
        hatching = Image.new("L", (x2 - x1 + 1, y2 - y1 + 1))
        lines = ImageDraw.Draw(hatching)
        for start in range(-hatching.height, hatching.width, HATCH_EVERY):
            ends = (start, hatching.height, start + hatching.height, 0)
            lines.line(ends, fill=HATCH_OPACITY)
        canvas.paste(colour, (x1, y1), hatching)
    outline = ImageDraw.Draw(canvas)
    outline.rectangle(box, outline=(0, 0, 0), width=1)
    for ends in _dashes(box):
        outline.line(ends, fill=colour)


def _dashes(box: Box) -> Iterator[Box]:
    x1, y1, x2, y2 = box
    for x in range(x1, x2 + 1, DASH + GAP):
        end = min(x + DASH - 1, x2)
        yield from ((x, y1, end, y1), (x, y2, end, y2))
    for y in range(y1, y2 + 1, DASH + GAP):
        end = min(y + DASH - 1, y2)
        yield from ((x1, y, x1, end), (x2, y, x2, end))
