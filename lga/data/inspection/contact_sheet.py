"""A contact sheet: images spread evenly over a part, with their boxes, and a legend.

Boxes that count have the colour of their class; ignored ones are dashed. Coordinates are pixels of the sheet,
x to the right and y down.
"""

import colorsys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lga.data.detection.image_stores import ImageStore
from lga.structures.annotations import Annotations, Ignored
from lga.system.errors import UserError

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]  # first and last column and row: x1 y1 x2 y2

DASH, GAP = 4, 3
LEAST_THICK = 8  # pixels of the shorter side
MANY = 20  # classes that evenly spaced hues keep apart
GOLDEN = 0.618034  # turns of hue from one of many classes to the next: neighbours are far apart
WHITE, YELLOW, CYAN = (255, 255, 255), (255, 230, 0), (0, 240, 255)
_UNSURE = {Ignored.NOT_EVALUATED: YELLOW, Ignored.UNCERTAIN: YELLOW, Ignored.CUT: YELLOW, Ignored.DENSE: CYAN}
REASON_COLOURS: dict[Ignored, Colour] = {
    reason: _UNSURE.get(reason, WHITE) for reason in Ignored if reason != Ignored.OBJECT
}


def class_colour(label: int, num_classes: int) -> Colour:
    """Return the colour of a class: hues all around, every other one darker."""
    hue = label / num_classes if num_classes <= MANY else label * GOLDEN % 1
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.9, 0.7 if label % 2 else 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def draw_object(canvas: Image.Image, box: Box, colour: Colour) -> None:
    """Draw the outline of a box that counts, thicker if there is room."""
    x1, y1, x2, y2 = box
    width = 2 if min(x2 - x1, y2 - y1) >= LEAST_THICK else 1
    ImageDraw.Draw(canvas).rectangle(box, outline=colour, width=width)


def draw_ignored(canvas: Image.Image, box: Box, reason: Ignored) -> None:
    """Draw a box that does not count: a dashed outline."""
    colour = REASON_COLOURS[reason]
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


@dataclass(frozen=True)
class Pictured:
    """Images with their boxes.

    Attributes:
        title: name of the set and the part.
        images: the pixels.
        captions: of each image.
        table: the images and boxes.
        class_names: in the order of the labels.
    """

    title: str
    images: ImageStore
    captions: Sequence[str]
    table: Annotations
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.table)


IMAGES, COLUMNS = 24, 4
CELL, LOW, HIGH = 400, 200, 500  # width, least and largest height
SMALL, SMALL_CELL = 64, 160  # images of no side beyond are shown smaller
CRISP = 4  # enlarged so much or more, an image keeps its pixels
CAPTION, MARGIN = 20, 10
TITLE, LEGEND_LINE, SWATCH = 30, 24, 14
PAPER, INK, PALE = (255, 255, 255), (20, 20, 20), (244, 244, 244)
SHORT = 40  # characters of a caption

Entry = tuple[str, int | Ignored]  # of the legend: a class by its label, or a reason


def contact_sheet(pictured: Pictured) -> Image.Image:
    """Return the sheet of a part with at least one image."""
    chosen = np.unique(np.linspace(0, len(pictured) - 1, IMAGES).round().astype(int)).tolist()
    legend = _legend(pictured, chosen)
    cell = _cell_size(pictured)
    pitch = cell[0] + MARGIN, cell[1] + CAPTION + MARGIN
    width, rows = MARGIN + COLUMNS * pitch[0], -(-len(chosen) // COLUMNS)
    places, legend_height = _placed(legend, width)
    top = MARGIN + TITLE + legend_height
    sheet = Image.new("RGB", (width, top + rows * pitch[1]), PAPER)
    title = f"{pictured.title}: {len(chosen)} of {len(pictured):,} images"
    ImageDraw.Draw(sheet).text((MARGIN, MARGIN), title, INK, _font(20))
    for (name, meaning), (x, y) in zip(legend, places, strict=True):
        _draw_entry(sheet, (x, y + MARGIN + TITLE), name, meaning, len(pictured.class_names))
    for number, index in enumerate(chosen):
        row, column = divmod(number, COLUMNS)
        corner = MARGIN + column * pitch[0], top + row * pitch[1]
        _draw_cell(sheet, (*corner, corner[0] + cell[0], corner[1] + cell[1]), pictured, index)
    return sheet


def _cell_size(pictured: Pictured) -> tuple[int, int]:
    """Return width and height of a cell, of the shape that half of the images are at least as wide as."""
    width = CELL if pictured.table.sizes.max() > SMALL else SMALL_CELL
    shape = float(np.median(pictured.table.sizes[:, 1] / pictured.table.sizes[:, 0]))
    return width, round(width * min(max(shape, LOW / CELL), HIGH / CELL))


def _draw_cell(sheet: Image.Image, cell: Box, pictured: Pictured, index: int) -> None:
    left, above, right, below = cell
    ImageDraw.Draw(sheet).rectangle((left, above, right - 1, below - 1), fill=PALE)
    caption = pictured.captions[index][-SHORT:]
    try:
        picture = Image.fromarray(pictured.images.load(index))
    except UserError:
        caption += ": cannot be decoded"
    else:
        shown = _with_boxes(picture, (right - left, below - above), pictured, index)
        free = right - left - shown.width, below - above - shown.height
        sheet.paste(shown, (left + free[0] // 2, above + free[1] // 2))
        if len(pictured.table.boxes):
            counts = pictured.table.counts[pictured.table.boxes_of(index)]
            caption += f": objects {counts.sum()}, ignored {(~counts).sum()}"
    ImageDraw.Draw(sheet).text((left + 2, below + 3), caption, INK, _font(12))


def _with_boxes(picture: Image.Image, room: tuple[int, int], pictured: Pictured, index: int) -> Image.Image:
    """Return the picture as large as there is room for, with its boxes."""
    scale = min(room[0] / picture.width, room[1] / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    shown = picture.resize(size, Image.Resampling.NEAREST if scale >= CRISP else Image.Resampling.BICUBIC)
    table, own = pictured.table, pictured.table.boxes_of(index)
    corners = table.boxes[own] * scale
    for corner, label, code in zip(corners, table.labels[own], table.ignored[own], strict=True):
        box = _inside(corner.tolist(), shown.size)
        if code == Ignored.OBJECT:
            draw_object(shown, box, class_colour(int(label), len(pictured.class_names)))
        else:
            draw_ignored(shown, box, Ignored(code))
    return shown


def _inside(corners: Sequence[float], size: tuple[int, int]) -> Box:
    """Return first and last column and row of a half-open box, within a picture."""
    width, height = size
    x1, y1 = min(max(0, int(corners[0])), width - 1), min(max(0, int(corners[1])), height - 1)
    x2, y2 = min(max(x1, round(corners[2]) - 1), width - 1), min(max(y1, round(corners[3]) - 1), height - 1)
    return x1, y1, x2, y2


def _legend(pictured: Pictured, chosen: Sequence[int]) -> list[Entry]:
    """Return what the sheet shows: classes in their order, then reasons."""
    own = np.isin(pictured.table.image, chosen)
    ignored, labels = pictured.table.ignored[own], pictured.table.labels[own]
    classes = np.unique(labels[ignored == Ignored.OBJECT]).tolist()
    reasons = [Ignored(code) for code in np.unique(ignored[ignored != Ignored.OBJECT]).tolist()]
    entries: list[Entry] = [(pictured.class_names[label], label) for label in classes]
    return entries + [(f"ignored: {reason.words}", reason) for reason in reasons]


def _placed(legend: Sequence[Entry], width: int) -> tuple[list[tuple[int, int]], int]:
    """Return the corner of each entry, in lines of that width, and the height of all."""
    places, x, y = list[tuple[int, int]](), MARGIN, 0
    for name, _ in legend:
        extent = SWATCH + 22 + int(_font(13).getlength(name))
        if x + extent > width and x > MARGIN:
            x, y = MARGIN, y + LEGEND_LINE
        places.append((x, y))
        x += extent
    return places, y + LEGEND_LINE + 4 if places else 0


def _draw_entry(
    sheet: Image.Image, corner: tuple[int, int], name: str, meaning: int | Ignored, num_classes: int
) -> None:
    x, y = corner
    swatch = (x, y, x + SWATCH, y + SWATCH)
    draw = ImageDraw.Draw(sheet)
    if isinstance(meaning, Ignored):
        draw.rectangle(swatch, fill=(90, 90, 90))
        draw_ignored(sheet, swatch, meaning)
    else:
        draw.rectangle(swatch, fill=class_colour(meaning, num_classes))
    draw.text((x + SWATCH + 5, y - 1), name, INK, _font(13))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
