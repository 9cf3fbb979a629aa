"""Which class a detection run takes for which, from its `curves.json`, without the zeros.

Shapes: K classes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Any

from lga.system.errors import UserError
from lga.tables.precision_recall import finite_numbers

PAIRS = 10


@dataclass(frozen=True)
class Outcome:
    """How many objects were found as their class, as another and not at all; boxes where nothing is."""

    right: int
    mistaken: int
    missed: int
    nothing_there: int


@dataclass(frozen=True)
class Confusion:
    """Boxes of at least `confidence`, matched with the objects at an overlap (IoU) of at least `iou`.

    The last of the K + 1 `classes` is the background. `counts` has, for each class that is there, the
    classes found (by position) with a count above 0, and `totals` the sum of these. `pairs` are the
    positions (true, found) of different classes, background aside, the most frequent first.
    """

    confidence: float
    iou: float
    classes: list[str]
    counts: list[dict[int, int]]
    totals: list[int]
    pairs: list[tuple[int, int]]
    outcome: Outcome


def read_confusion(path: Path, pairs: int = PAIRS) -> Confusion | None:
    """The confusion matrix, with at most so many `pairs`.

    None if there is no such file or nothing was counted; raises UserError if it holds no such matrix.
    """
    if not path.is_file():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["confusion"]
        confidence, iou = finite_numbers([stored["confidence"], stored["iou"]])
        classes, matrix = _names(stored["classes"]), _square(stored["true_by_found"], len(stored["classes"]))
    except (KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError) as error:
        raise UserError(f"{path}: no confusion matrix: {type(error).__name__}: {error}") from error
    totals = [sum(row) for row in matrix]
    if not any(totals):
        return None
    counts = [{found: count for found, count in enumerate(row) if count} for row in matrix]
    return Confusion(
        confidence, iou, classes, counts, totals, _most_confused(counts)[:pairs], _outcome(matrix)
    )


def _names(classes: Sequence[Any]) -> list[str]:
    if not classes or not all(isinstance(name, str) for name in classes):
        raise ValueError("the classes are not a list of names")
    return list(classes)


def _square(rows: Sequence[Sequence[Any]], size: int) -> list[list[int]]:
    """The counts (K + 1, K + 1), if that is what they are."""
    matrix = [[index(count) for count in row] for row in rows]
    if len(matrix) != size or any(len(row) != size for row in matrix):
        raise ValueError(f"not {size} rows of {size} counts, one for each class")
    if any(count < 0 for row in matrix for count in row):
        raise ValueError("a count is negative")
    return matrix


def _most_confused(counts: Sequence[dict[int, int]]) -> list[tuple[int, int]]:
    background = len(counts) - 1
    unlike = [
        (-count, true, found)
        for true, row in enumerate(counts[:background])
        for found, count in row.items()
        if found not in (true, background)
    ]
    return [(true, found) for _, true, found in sorted(unlike)]


def _outcome(matrix: Sequence[Sequence[int]]) -> Outcome:
    *objects, nothing = matrix
    right = sum(row[true] for true, row in enumerate(objects))
    missed = sum(row[-1] for row in objects)
    mistaken = sum(map(sum, objects)) - right - missed
    return Outcome(right, mistaken, missed, sum(nothing))
