"""Kaggle's table of wheat heads: one box a row, https://www.kaggle.com/c/global-wheat-detection/data.

Format: ``image_id,width,height,bbox,source``, the box a JSON list ``"[x, y, width, height]"`` in pixels. An
image without a box has no row.
"""

import json
from pathlib import Path
from typing import NamedTuple

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_rows
from lga.structures.annotations import WrittenBox

COLUMNS = ("image_id", "width", "height", "bbox", "source")


class KaggleImage(NamedTuple):
    """An image that has rows.

    Attributes:
        size: width and height in pixels.
        source: domain that it is from.
        line: of its first row.
        boxes: all of label 0.
    """

    size: tuple[int, int]
    source: str
    line: int
    boxes: list[WrittenBox]


def read_kaggle_wheat(path: Path, place: str, faults: Faults) -> dict[str, KaggleImage]:
    """Return the images by their ids, in the order of their first rows.

    Args:
        path: of the table.
        place: what to call it in messages.
        faults: says what to do about a bad row, and about one that gives an image another size or source
            than an earlier row does.

    Raises:
        UserError: the table or a row is bad, and ``faults`` refuses.
    """
    images: dict[str, KaggleImage] = {}
    for line, (name, width, height, bbox, source) in numbered_rows(path, place, COLUMNS, faults):
        box, size = _corners(bbox), _size(width, height)
        if box is None or size is None:
            found = f"{width},{height},{bbox}"[:60]
            expected = f'expected width,height,"[x, y, width, height]" in numbers, found {found!r}'
            faults.refuse("rows not understood", f"{place}:{line}", expected)
            continue
        image = images.setdefault(name, KaggleImage(size, source, line, []))
        if (image.size, image.source) == (size, source):
            image.boxes.append(WrittenBox(box, 0, line=line))
        else:
            expected = f"size or source of {name} is not that of line {image.line}"
            faults.refuse("rows that disagree about an image", f"{place}:{line}", expected)
    return images


def _size(width: str, height: str) -> tuple[int, int] | None:
    try:
        return int(width), int(height)
    except ValueError:
        return None


def _corners(bbox: str) -> tuple[float, float, float, float] | None:
    try:
        left, top, width, height = (float(number) for number in json.loads(bbox))
    except (ValueError, TypeError):
        return None
    return left, top, left + width, top + height
