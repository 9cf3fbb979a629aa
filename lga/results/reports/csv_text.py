"""An experiment as CSV: one line a cell and metric; empty fields where nothing ran.

The studies of a page as CSV: one line a cell; empty where nothing ran.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from lga.results.judged_table import JudgedCell, JudgedNumber, JudgedTable
from lga.results.statistics import Estimate
from lga.results.studies.family import Family, Row
from lga.results.studies.studies import SCALE, SHARE, Study

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


STUDY_COLUMNS = (
    "study", "dataset", "network", "scale_of_network", "train_share", "attention", "label", "metric", "seeds",
    "scale", "mean", "low", "high", "gain", "gain_low", "gain_high", "p_adjusted", "effect",
    "found", "parameters", "gflops",
)  # fmt: skip


def studies_csv(studied: Mapping[Study, Sequence[Family]]) -> str:
    """The whole file; gains are over the study's reference."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(STUDY_COLUMNS)
    for study, found in studied.items():
        for family in found:
            for row in family.rows:
                cells = _cells(study, family, row)
                writer.writerow("" if cell is None else harmless(str(cell)) for cell in cells)
    return text.getvalue()


def _cells(study: Study, family: Family, row: Row) -> tuple[object, ...]:
    record = row.runs[0].record if row.runs else None
    gain = row.gain.difference if row.gain else None
    counts = (record.parameters, record.gflops) if record else (None, None)
    places = (study.name, family.dataset, family.network, family.axes.get(SCALE), family.axes.get(SHARE))
    names = (row.attention, row.label, row.metric, len(row.runs), family.scale if record else None)
    numbers = (*_numbers(row.ours), *_numbers(gain), row.p, row.gain.effect if row.gain else None)
    return (*places, *names, *numbers, row.word, *counts)


def _numbers(found: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if found is None else (found.mean, found.low, found.high)
