"""VisDrone's annotation files: one a image, one box a line.

Format: eight integers ``left,top,width,height,score,category,truncation,occlusion``; a comma may follow. See
the VisDrone-Dataset repository, https://github.com/VisDrone/VisDrone-Dataset.
"""

from pathlib import Path

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_lines
from lga.structures.annotations import Ignored, WrittenBox

FIELDS = 8
REGION, OTHERS = 0, 11  # categories that are no class


def read_visdrone(path: Path, place: str, faults: Faults) -> list[WrittenBox]:
    """Return the boxes of one file.

    Category 0 is a region to be ignored; a score of 0 marks a box that is not evaluated, as all of category
    11, others, are. Labels are the category less 1.

    Args:
        path: of the file.
        place: what to call it in messages.
        faults: says what to do about a bad line.

    Raises:
        UserError: a line is bad, and ``faults`` refuses.
    """
    boxes = []
    for number, line in numbered_lines(path, place, faults):
        fields = line.rstrip(",").split(",")
        try:
            left, top, width, height, score, category, *_ = (int(field) for field in fields)
            complete = len(fields) == FIELDS
        except ValueError:
            complete = False
        if not complete:
            expected = f"expected {FIELDS} integers separated by commas, found {line[:60]!r}"
            faults.refuse("lines not understood", f"{place}:{number}", expected)
            continue
        box = (left, top, left + width, top + height)
        boxes.append(WrittenBox(box, *_meaning(score, category), line=number))
    return boxes


def _meaning(score: int, category: int) -> tuple[int, Ignored]:
    if category == REGION:
        return -1, Ignored.REGION
    if category == OTHERS:
        return -1, Ignored.NOT_EVALUATED
    return category - 1, Ignored.OBJECT if score else Ignored.NOT_EVALUATED
