"""An experiment as CSV: one line a cell and metric; empty fields where nothing ran."""

import csv
import io
from collections.abc import Iterator

from lga.tables.experiments.judged_table import JudgedCell, JudgedNumber, JudgedTable

COLUMNS = (
    "table", "dataset", "model", "attention", "metric", "published", "mean", "low", "high", "seeds", "scale",
    "verdict", "reason", "parameters_published", "parameters", "gflops_published", "gflops_paper", "counts",
    "source", "note",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last are the wide ones


def csv_text(table: JudgedTable) -> str:
    """The whole file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cell in table.cells:
        writer.writerows(_lines(table.experiment.name, cell))
    return text.getvalue()


def harmless(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would take for a formula.

    It is one line; numbers stay numbers.
    """
    try:
        float(text)
    except ValueError:
        return _no_formula(text)
    return text


def _no_formula(text: str) -> str:
    text = "".join(character if character.isprintable() else " " for character in text)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _lines(name: str, cell: JudgedCell) -> Iterator[list[str]]:
    row, record = cell.row, (cell.runs[0].record if cell.runs else None)
    for number in cell.numbers:
        yield [
            *map(harmless, (name, row.dataset, row.model, row.attention, number.metric)),
            f"{number.published:g}",
            *_ours(number),
            " ".join(map(str, number.values)),
            cell.scale or "",
            number.verdict.word,
            harmless(number.verdict.reason),
            str(row.parameters),
            _optional(record.parameters if record else None, "d"),
            f"{row.gflops:g}",
            _optional(record.gflops_paper if record else None, ".3f"),
            harmless(cell.counts or ""),
            harmless(row.source),
            harmless(row.note),
        ]


def _ours(number: JudgedNumber) -> list[str]:
    ours = number.verdict.ours
    if ours is None:
        return ["", "", ""]
    return [_optional(value, ".4f") for value in (ours.mean, ours.low, ours.high)]


def _optional(value: float | None, form: str) -> str:
    return "" if value is None else f"{value:{form}}"
