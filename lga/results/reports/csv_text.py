"""The experiments of a page as CSV: one line a row and metric; empty fields where nothing ran."""

import csv
import io
from collections.abc import Iterator, Sequence

from lga.results.families import Family, Number, Results, Row
from lga.results.statistics import Estimate
from lga.results.supplements import second_numbers

COLUMNS = (
    "experiment", "dataset", "network", "settings", "attention", "label", "metric",
    "published", "mean", "low", "high", "seeds", "scale", "verdict", "reason",
    "gain", "gain_low", "gain_high", "p_adjusted", "p_all_rows", "found",
    "parameters_published", "parameters", "gflops_published", "gflops_paper", "gflops", "counts",
    "source", "note",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last are the wide ones


def csv_text(results: Sequence[Results]) -> str:
    """Return the whole file; gains, of the first metric, are over the experiment's reference."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in results:
        for family in one.families:
            for row in family.rows:
                for cells in _lines(one.experiment.name, family, row):
                    writer.writerow(map(_text, cells))
    return text.getvalue()


def harmless(text: str) -> str:
    """Return the text with an apostrophe before what a spreadsheet would take for a formula.

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


def _lines(name: str, family: Family, row: Row) -> Iterator[tuple[object, ...]]:
    record, published = (row.runs[0].record if row.runs else None), row.published
    settings = "; ".join("=".join(axis) for axis in family.axes.items())
    place = (name, family.dataset, family.network, settings)
    counts = (
        published and published.parameters,
        record and record.parameters,
        published and published.gflops,
        record and record.gflops_paper,
        record and record.gflops,
        row.counts,
        published and published.source,
        published and published.note,
    )
    for number in (*row.numbers, *second_numbers(row).values()):
        verdict = (number.verdict.word, number.verdict.reason) if number.verdict else (None, None)
        seeds = " ".join(map(str, number.values))
        ours = (number.metric, number.published, *_interval(number.ours), seeds, row.scale, *verdict)
        yield (*place, row.attention, row.label, *ours, *_gain(row, number), *counts)


def _gain(row: Row, number: Number) -> tuple[object, ...]:
    if row.gain is None or number.metric != row.metric:
        return (None,) * 6
    return (*_interval(row.gain.estimate), row.gain.p, row.overall and row.overall.p, row.word)


def _interval(found: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if found is None else (found.mean, found.low, found.high)


def _text(value: object) -> str:
    """Return a number with ten digits, which a rounding of the last bits does not change."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else harmless(str(value))
