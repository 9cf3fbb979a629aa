"""A study as Markdown and CSV: attentions against none, and what was found, in sentences."""

import csv
import io
from collections.abc import Sequence

from lga.tables.claims import LABELS
from lga.tables.experiments.csv_text import harmless
from lga.tables.experiments.markdown import GENERATED, escaped, provenance, row_line
from lga.tables.metric_names import label
from lga.tables.statistics import Estimate
from lga.tables.studies.gains import Family, Row
from lga.tables.studies.study import Study

HEADINGS = ("attention", "seeds", "ours", "gain over none", "adjusted p", "effect", "found", "parameters")
COLUMNS = ("dataset", "network", "attention", "metric", "seeds", "mean", "low", "high", "gain", "gain_low",
           "gain_high", "p_adjusted", "effect", "found", "parameters", "gflops")  # fmt: skip


def study_markdown(study: Study, found: Sequence[Family]) -> str:
    """The whole page."""
    lines = [
        GENERATED,
        "",
        f"# {study.title[0].upper()}{study.title[1:]}",
        "",
        f"{study.question} {study.limits}",
        "",
        f"`make reproduce-{study.name}` runs it; [results.csv](results.csv) has all numbers. Metrics are in",
        "percent: means over seeds with 95 % intervals. Gains are paired by seed; p values are Holm's, over",
        "the attentions of a dataset; the effect is the mean gain by its standard deviation.",
        "",
        "## What was found",
        "",
        *(f"- {escaped(sentence(family))}" for family in found),
        *(line for family in found for line in _block(family)),
        *provenance([run.record for family in found for row in family.rows for run in row.runs]),
    ]
    return "\n".join(lines) + "\n"


def sentence(family: Family) -> str:
    """What the family shows, whichever way it points."""
    where = f"{LABELS.get(family.dataset, family.dataset)} with {LABELS.get(family.network, family.network)}"
    tested = [row for row in family.rows if row.p is not None]
    if not tested:
        return f"{where}: not run with two seeds of none and of an attention yet."
    found = [f"{row.attention} ({_word(row)})" for row in tested if row.word in ("gain", "loss")]
    others = [row for row in tested if row.word not in ("gain", "loss")]
    told = "; ".join(found) if found else "no attention changed it by more than seeds do"
    wanted = [row.seeds_for_a_point for row in others if row.seeds_for_a_point]
    numbers = " to ".join(str(number) for number in sorted({min(wanted), max(wanted)})) if wanted else ""
    which = " in the others" if found else ""
    more = f"; a change of 1 point{which} would take {numbers} seeds" if numbers else ""
    return f"{where}, {label(tested[0].metric)}: {told}{more}."


def study_csv(found: Sequence[Family]) -> str:
    """One line a cell; empty where nothing ran."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for family in found:
        for row in family.rows:
            record = row.runs[0].record if row.runs else None
            gain = row.gain.difference if row.gain else None
            numbers = (*_numbers(row.ours), *_numbers(gain), row.p, row.gain.effect if row.gain else None)
            counts = (record.parameters, record.gflops) if record else (None, None)
            names = (family.dataset, family.network, row.attention, row.metric, len(row.runs))
            cells = (*names, *numbers, row.word, *counts)
            writer.writerow("" if cell is None else harmless(str(cell)) for cell in cells)
    return text.getvalue()


def _block(family: Family) -> list[str]:
    title = f"{LABELS.get(family.dataset, family.dataset)}, {LABELS.get(family.network, family.network)}"
    metric = next((row.metric for row in family.rows if row.metric), "")
    headings = ("attention", "seeds", label(metric) if metric else "ours", *HEADINGS[3:])
    return [
        "",
        f"## {title}",
        "",
        row_line(headings),
        row_line((":--", "--:", "--:", "--:", "--:", "--:", ":--", "--:")),
        *(row_line(_cells(row)) for row in family.rows),
    ]


def _cells(row: Row) -> tuple[str, ...]:
    if row.ours is None:
        return (escaped(row.attention), "-", "*not run*", "-", "-", "-", "-", "-")
    gain = row.gain
    return (
        escaped(row.attention),
        str(row.ours.n),
        _interval(row.ours),
        _interval(gain.difference, signed=True) if gain else "-",
        "-" if row.p is None else f"{row.p:.3f}",
        "-" if gain is None or gain.effect is None else f"{gain.effect:+.1f}",
        row.word,
        f"{row.runs[0].record.parameters:,}",
    )


def _word(row: Row) -> str:
    gain = row.gain
    return f"{row.word} of {_interval(gain.difference, signed=True)}, p {row.p:.3f}" if gain else row.word


def _interval(found: Estimate, signed: bool = False) -> str:
    sign = "+" if signed else ""
    if found.low is None or found.high is None:
        return f"{found.mean:{sign}.2f}"
    return f"{found.mean:{sign}.2f} [{found.low:{sign}.2f}, {found.high:{sign}.2f}]"


def _numbers(found: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if found is None else (found.mean, found.low, found.high)
