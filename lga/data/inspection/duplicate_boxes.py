"""Boxes that stand twice on one image: the same corners, class and reason to be ignored.

Axes: M boxes.
"""

from typing import NamedTuple

import numpy as np

from lga.data.detection.written_split import WrittenSplit


class DuplicateBox(NamedTuple):
    """A box that has been written before.

    Attributes:
        place: file, and line or id.
        first: where it stands first.
    """

    place: str
    first: str


def duplicate_boxes(written: WrittenSplit) -> list[DuplicateBox]:
    """Return every box but the first of those that are alike, in their order."""
    rows = np.column_stack((written.image, written.boxes, written.labels, written.ignored))  # (M, 7)
    _, firsts, kinds = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    first = firsts[kinds.reshape(-1)]
    repeated = np.flatnonzero(first != np.arange(len(rows)))
    return [DuplicateBox(written.place(box), written.place(first[box])) for box in repeated.tolist()]
