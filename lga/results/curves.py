"""A run's curves, thinned for drawing: validation metrics by epoch, precision against recall, confusions.

From `metrics.csv`, whose text a kept record has, and a detection run's `curves.json`.

Shapes: K classes.
"""

import csv
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Any

from lga.results.collect import CollectedRun
from lga.run.folder.record import MOST_BYTES, MOST_METRICS
from lga.system.errors import UserError
from lga.system.files import read_regular

PREFIX = "val/"
RATES = "lr/"


@dataclass(frozen=True)
class Curves:
    """Epochs (from 1) and, by metric without its `val/`, one value an epoch; None where there is none."""

    epochs: list[int]
    metrics: dict[str, list[float | None]]


def read_curves(run: CollectedRun, points: int = 100) -> Curves | None:
    """At most `points` epochs of the validation metrics, the first and the last among them.

    None if the run left no history; raises UserError if what it left is none.
    """
    with _taken_for_a_history(run):
        if (history := _rows(run)) is None:
            return None
        heading, *rows = history or [[]]
        if len(heading) > MOST_METRICS:
            raise ValueError(f"{len(heading):,} columns")
        kept = [rows[index] for index in evenly_spaced(len(rows), points)]
        columns = {name: column for column, name in enumerate(heading)} if rows else {}
        metrics = {
            name.removeprefix(PREFIX): [_number(row[column]) if column < len(row) else None for row in kept]
            for name, column in columns.items()
            if name.startswith(PREFIX)
        }
        return Curves([int(float(row[columns["epoch"]])) for row in kept], metrics)


def curve_text(run: CollectedRun) -> str | None:
    """Return the run's history as a record keeps it: what each epoch logged, to five digits, but no rates.

    None if it left none; raises UserError if what it left is none.
    """
    with _taken_for_a_history(run):
        if (history := _rows(run)) is None:
            return None
        heading, *rows = history or [[]]
        columns = [column for column, name in enumerate(heading) if not name.startswith(RATES)]
        numbers = [[text and f"{float(text):.5g}" for text in row] for row in rows]
        lines = [[row[column] for column in columns if column < len(row)] for row in (heading, *numbers)]
        return "".join(",".join(line) + "\n" for line in lines)


def _rows(run: CollectedRun) -> list[list[str]] | None:
    """Of a kept record its own."""
    path, text = run.folder / "metrics.csv", run.record.curve
    if text is None and path.exists():
        text = read_regular(path, MOST_BYTES).decode()
    return None if text is None else [row for row in csv.reader(text.splitlines()) if row]


@contextmanager
def _taken_for_a_history(run: CollectedRun) -> Iterator[None]:
    try:
        yield
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, csv.Error) as error:
        message = f"not a history of metrics by epoch: {type(error).__name__}: {error}"
        raise UserError(f"{run.folder / 'metrics.csv'}: {message}") from error


def evenly_spaced(length: int, points: int) -> list[int]:
    """At most `points` indices into `length` items, evenly spread from the first to the last."""
    if length <= points:
        return list(range(length))
    return [round(i * (length - 1) / (points - 1)) for i in range(points)]


def _number(text: str) -> float | None:
    """Return the value to five significant digits: what a curve can show."""
    value = float(text) if text else math.nan
    return float(f"{value:.5g}") if math.isfinite(value) else None


@dataclass(frozen=True)
class PrecisionRecall:
    """Recall from 0 to 1 and, at each, the mean of the classes' precisions, at one overlap (IoU)."""

    iou: float
    recall: list[float]
    precision: list[float]


def read_precision_recall(path: Path, points: int = 51) -> PrecisionRecall | None:
    """Return the mean curve at `points` recalls or fewer.

    None if there is no such file or no class was judged; raises UserError if it holds no such curves.
    """
    if not path.exists():
        return None
    try:
        stored = json.loads(read_regular(path, MOST_BYTES))["precision_recall"]
        recall, by_class = (
            finite_numbers(stored["recall"]),
            [finite_numbers(row) for row in stored["precision"].values()],
        )
        columns = [column for _, *column in zip(recall, *by_class, strict=True)]
        (iou,) = finite_numbers([stored["iou"]])
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError) as error:
        raise UserError(f"{path}: no precision by recall: {type(error).__name__}: {error}") from error
    if not by_class:
        return None
    kept = evenly_spaced(len(recall), points)
    mean = [round(sum(columns[index]) / len(by_class), 4) for index in kept]
    return PrecisionRecall(iou, [recall[index] for index in kept], mean)


def finite_numbers(values: list[Any]) -> list[float]:
    """Return the values as floats; raise ValueError if one is none or not finite."""
    numbers = [float(value) for value in values]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("a value is not finite")
    return numbers


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
    """Return the confusion matrix, with at most so many `pairs`.

    None if there is no such file or nothing was counted; raises UserError if it holds no such matrix.
    """
    if not path.exists():
        return None
    try:
        stored = json.loads(read_regular(path, MOST_BYTES))["confusion"]
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
    """Return the counts (K + 1, K + 1), if that is what they are."""
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
