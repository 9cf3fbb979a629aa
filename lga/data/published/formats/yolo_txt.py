"""Label files of the paper's toolchain: one an image, one object a line, all shares of the image's size.

Format: ``class cx cy w h``, or ``class x1 y1 x2 y2 ...`` of a polygon with at least three corners, whose
extent is the box. An image without a file has no objects. Which objects were to be ignored is lost in this
format. Source: datasets notes on the toolchain's detection data.
"""

from pathlib import Path

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_lines
from lga.structures.annotations import WrittenBox

BOX_FIELDS = 5
LEAST_POLYGON_FIELDS = 7


def read_yolo(path: Path, size: tuple[int, int], place: str, faults: Faults) -> list[WrittenBox]:
    """Return the boxes of one label file, in pixels.

    Args:
        path: of the file; one that is not there holds nothing.
        size: width and height of its image.
        place: what to call the file in messages.
        faults: says what to do about a bad line.

    Raises:
        UserError: a line is bad, and ``faults`` refuses.
    """
    if not path.is_file():
        return []
    boxes = []
    for number, line in numbered_lines(path, place, faults):
        shares = _shares(line)
        if shares is None:
            expected = f"expected a class and 4 shares, or 3 corners or more, found {line[:60]!r}"
            faults.refuse("lines not understood", f"{place}:{number}", expected)
            continue
        label, extent = shares
        x1, y1, x2, y2 = (share * side for share, side in zip(extent, size * 2, strict=True))
        boxes.append(WrittenBox((x1, y1, x2, y2), label, line=number))
    return boxes


def _shares(line: str) -> tuple[int, tuple[float, float, float, float]] | None:
    """Return class and x1 y1 x2 y2 as shares, or None where the line is not of this format."""
    fields = line.split()
    try:
        label, numbers = int(fields[0]), [float(field) for field in fields[1:]]
    except ValueError:
        return None
    if len(fields) == BOX_FIELDS:
        cx, cy, width, height = numbers
        return label, (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
    if len(fields) < LEAST_POLYGON_FIELDS or len(numbers) % 2:
        return None
    xs, ys = numbers[::2], numbers[1::2]
    return label, (min(xs), min(ys), max(xs), max(ys))
