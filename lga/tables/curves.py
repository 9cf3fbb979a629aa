"""Validation metrics by epoch, from a run's `metrics.csv`, thinned for drawing."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from lga.structures import UserError

PREFIX = "val/"


@dataclass(frozen=True)
class Curves:
    """Epochs (from 1) and, by metric without its `val/`, one value an epoch; None where there is none."""

    epochs: list[int]
    metrics: dict[str, list[float | None]]


def read_curves(path: Path, points: int = 100) -> Curves | None:
    """At most `points` epochs of the validation metrics, the first and the last among them.

    None if there is no such file; raises UserError if it is no history of epochs.
    """
    if not path.is_file():
        return None
    try:
        with path.open(newline="", encoding="utf-8") as file:
            heading, *rows = [row for row in csv.reader(file) if row] or [[]]
        kept = [rows[index] for index in evenly_spaced(len(rows), points)]
        columns = {name: column for column, name in enumerate(heading)} if rows else {}
        metrics = {
            name.removeprefix(PREFIX): [_number(row[column]) if column < len(row) else None for row in kept]
            for name, column in columns.items()
            if name.startswith(PREFIX)
        }
        return Curves([int(float(row[columns["epoch"]])) for row in kept], metrics)
    except (IndexError, KeyError, TypeError, ValueError, OSError, csv.Error) as error:
        raise UserError(
            f"{path}: not a history of metrics by epoch: {type(error).__name__}: {error}"
        ) from error


def evenly_spaced(length: int, points: int) -> list[int]:
    """At most `points` indices into `length` items, evenly spread from the first to the last."""
    if length <= points:
        return list(range(length))
    return [round(i * (length - 1) / (points - 1)) for i in range(points)]


def _number(text: str) -> float | None:
    """The value to five significant digits: what a curve can show."""
    value = float(text) if text else math.nan
    return float(f"{value:.5g}") if math.isfinite(value) else None
