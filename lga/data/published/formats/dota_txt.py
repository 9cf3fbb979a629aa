"""DOTA's annotation files: one an image, one object a line, as quadrilaterals.

Format: ``x1 y1 x2 y2 x3 y3 x4 y4 class difficult``, separated by spaces; the last field may be missing. Lines
such as ``imagesource:GoogleEarth`` and ``gsd:0.146`` may stand before them. See
https://captain-whu.github.io/DOTA/dataset.html. The box of an object is the horizontal extent of its corners,
as in the set's task of horizontal boxes.
"""

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_lines
from lga.structures.annotations import Ignored, WrittenBox

CORNER_FIELDS = 8
MOST_FIELDS = 10
_HEADER = re.compile(r"[A-Za-z][A-Za-z _]*:")
_DIFFICULT = {
    "0": Ignored.OBJECT,
    "1": Ignored.DIFFICULT,
    "2": Ignored.CUT,  # what the set's own tools write where they cut off most of an object
}


class _Object(NamedTuple):
    extent: tuple[float, float, float, float]
    name: str
    ignored: Ignored


def read_dota(path: Path, place: str, faults: Faults, labels: Mapping[str, int]) -> list[WrittenBox]:
    """Return the boxes of one file.

    Args:
        path: of the file.
        place: what to call it in messages.
        faults: says what to do about a bad line.
        labels: from 0, by the name of the class.

    Raises:
        UserError: a line is bad, and ``faults`` refuses.
    """
    boxes = []
    for number, line in numbered_lines(path, place, faults):
        fields = line.split()
        if len(fields) <= CORNER_FIELDS and _HEADER.match(line):
            continue
        found = _object(fields)
        if found is None:
            expected = f"expected 8 numbers, a class and 0, 1 or 2, found {line[:80]!r}"
            faults.refuse("lines not understood", f"{place}:{number}", expected)
        elif found.name not in labels:
            expected = f"{found.name!r} is none of the set's classes: {', '.join(labels)}"
            faults.refuse("objects of unknown classes", f"{place}:{number}", expected)
        else:
            boxes.append(WrittenBox(found.extent, labels[found.name], found.ignored, number))
    return boxes


def _object(fields: Sequence[str]) -> _Object | None:
    """Return what a line says, or None where it is not of this format."""
    try:
        xs, ys = ([float(field) for field in fields[start:CORNER_FIELDS:2]] for start in (0, 1))
        name, difficult = (*fields[CORNER_FIELDS:], "0")[:2]
        ignored = _DIFFICULT[difficult]
    except (ValueError, KeyError):
        return None
    if len(fields) > MOST_FIELDS or not all(map(isfinite, (*xs, *ys))):
        return None
    return _Object((min(xs), min(ys), max(xs), max(ys)), name, ignored)
