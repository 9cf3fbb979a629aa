"""A run's `metrics.csv`: validation metrics by epoch, thinned for drawing, and its text for a kept record."""

import csv
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lga.system.errors import UserError
from lga.tables.collect import CollectedRun

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
        kept = [rows[index] for index in evenly_spaced(len(rows), points)]
        columns = {name: column for column, name in enumerate(heading)} if rows else {}
        metrics = {
            name.removeprefix(PREFIX): [_number(row[column]) if column < len(row) else None for row in kept]
            for name, column in columns.items()
            if name.startswith(PREFIX)
        }
        return Curves([int(float(row[columns["epoch"]])) for row in kept], metrics)


def curve_text(run: CollectedRun) -> str | None:
    """The run's history as a kept record has it: of each epoch what was logged, to five digits, but no rates.

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
    if text is None and path.is_file():
        text = path.read_text(encoding="utf-8")
    return None if text is None else [row for row in csv.reader(text.splitlines()) if row]


@contextmanager
def _taken_for_a_history(run: CollectedRun) -> Iterator[None]:
    try:
        yield
    except (IndexError, KeyError, TypeError, ValueError, OSError, csv.Error) as error:
        told = f"not a history of metrics by epoch: {type(error).__name__}: {error}"
        raise UserError(f"{run.folder / 'metrics.csv'}: {told}") from error


def evenly_spaced(length: int, points: int) -> list[int]:
    """At most `points` indices into `length` items, evenly spread from the first to the last."""
    if length <= points:
        return list(range(length))
    return [round(i * (length - 1) / (points - 1)) for i in range(points)]


def _number(text: str) -> float | None:
    """The value to five significant digits: what a curve can show."""
    value = float(text) if text else math.nan
    return float(f"{value:.5g}") if math.isfinite(value) else None
