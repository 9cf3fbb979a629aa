"""The tables of GWHD 2021: one image a row, https://zenodo.org/records/5092309.

Format: ``image_name,BoxesString,domain``, the boxes ``x1 y1 x2 y2`` in pixels with ``;`` between, or
``no_box``. The names of the older tables have no extension.
"""

from pathlib import Path
from typing import NamedTuple

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_rows
from lga.structures.annotations import WrittenBox

COLUMNS = ("image_name", "BoxesString", "domain")
EMPTY = "no_box"


class WheatRow(NamedTuple):
    """One image.

    Attributes:
        name: as written.
        boxes: all of label 0.
        line: of the row.
    """

    name: str
    boxes: list[WrittenBox]
    line: int


def read_gwhd_2021(path: Path, place: str, faults: Faults) -> list[WheatRow]:
    """Return the images of a table, in the order of its rows.

    A row that repeats an earlier one exactly is left out and counted.

    Args:
        path: of the table.
        place: what to call it in messages.
        faults: says what to do about a bad row, and about a second one of an image that says something else.

    Raises:
        UserError: the table or a row is bad, and ``faults`` refuses.
    """
    rows: list[WheatRow] = []
    seen: dict[str, tuple[int, str]] = {}
    for line, (name, boxes_string, domain) in numbered_rows(path, place, COLUMNS, faults):
        here = f"{place}:{line}"
        first, content = seen.setdefault(name, (line, f"{boxes_string},{domain}"))
        if first != line:
            if content == f"{boxes_string},{domain}":
                faults.drop("rows that repeat another", here)
            else:
                expected = f"{name} has other boxes or another domain in line {first}"
                faults.refuse("rows that disagree about an image", here, expected)
            continue
        rows.append(WheatRow(name, _boxes(boxes_string, line, here, faults), line))
    return rows


def _boxes(boxes_string: str, line: int, here: str, faults: Faults) -> list[WrittenBox]:
    if boxes_string.strip() == EMPTY:
        return []
    boxes = []
    for written in boxes_string.split(";"):
        try:
            x1, y1, x2, y2 = (float(number) for number in written.split())
        except ValueError:
            expected = f"expected boxes x1 y1 x2 y2 with ; between, or {EMPTY}, found {written[:60]!r}"
            faults.refuse("boxes not understood", here, expected)
        else:
            boxes.append(WrittenBox((x1, y1, x2, y2), 0, line=line))
    return boxes
