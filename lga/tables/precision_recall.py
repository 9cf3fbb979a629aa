"""Precision against recall, mean over classes, from a detection run's `curves.json`, thinned for drawing."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lga.system.errors import UserError
from lga.tables.curves import evenly_spaced


@dataclass(frozen=True)
class PrecisionRecall:
    """Recall from 0 to 1 and, at each, the mean of the classes' precisions, at one overlap (IoU)."""

    iou: float
    recall: list[float]
    precision: list[float]


def read_precision_recall(path: Path, points: int = 51) -> PrecisionRecall | None:
    """The mean curve at `points` recalls or fewer.

    None if there is no such file or no class was judged; raises UserError if it holds no such curves.
    """
    if not path.is_file():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["precision_recall"]
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
    """The values as floats; raises ValueError if one is none or not finite."""
    numbers = [float(value) for value in values]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("a value is not finite")
    return numbers
