"""The tables of an experiment's families as Markdown, and text that Markdown takes literally."""

import re
from collections.abc import Callable, Iterable
from statistics import fmean

from lga.results.experiments import Experiment
from lga.results.families import Family, Number, Results, Row
from lga.results.gains import Gain
from lga.results.labels import interval, label, p_text
from lga.results.published import PublishedRow
from lga.results.scales import CUT_SHORT, SCALES
from lga.results.sentences import spread_sentence
from lga.results.verdicts import decimals_of
from lga.run.folder.record import RunRecord
from lga.system.terminal_text import printable

NOT_RUN = "not run"

Column = tuple[str, str, Callable[[Row], str]]  # heading, alignment, text of a row


def escaped(text: str) -> str:
    """Text that Markdown and HTML take literally, addresses too; line breaks become spaces."""
    text = printable(" ".join(text.split()))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", text)
    text = re.sub(r"^([#+-])(?=\s|#)|^(\d+)([.)])(?=\s|$)", _not_a_list, text)
    return text.replace("://", "&#58;//").replace("www.", "www&#46;")


def _not_a_list(found: re.Match[str]) -> str:
    """Return a sign that begins a heading or a list, escaped."""
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def row_line(texts: Iterable[str]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(texts)} |"


def family_tables(results: Results, heading: str) -> list[str]:
    """Return the families' tables, each under its place where there is a form of heading for it."""
    lines = []
    for family in results.families:
        title = ["", heading.format(_title(family)), ""] if heading else [""]
        lines += [*title, *_table(results.experiment, family)]
    return lines


def _title(family: Family) -> str:
    """Place, and of what is judged the published optimizer, which is not known of the curves."""
    row = family.rows[0].published if family.rows[0].verdict else None
    return family.place.replace(" with ", ", ", 1) + (f", {row.optimizer}" if row and row.tables else "")


def _table(experiment: Experiment, family: Family) -> list[str]:
    columns = _columns(experiment, family)
    changes = f"With {family.changes}." if family.changes else ""
    mixture = f"{family.mixture}." if family.mixture else ""
    spread = spread_sentence(family.spread, experiment.reference) if family.spread else ""
    notes = [line for note in (escaped(changes), escaped(mixture), spread) if note for line in ("", note)]
    return [
        row_line(heading for heading, _, _ in columns),
        row_line(alignment for _, alignment, _ in columns),
        *(row_line(text(row) for _, _, text in columns) for row in family.rows),
        *notes,
    ]


def _columns(experiment: Experiment, family: Family) -> list[Column]:
    """Those that a judged table and one of gains share, and those that only one of them has."""
    marked = family.scale in (SCALES[1:] if experiment.judged else CUT_SHORT)
    mark = f" *({family.scale})*" if marked else ""
    columns: list[Column] = [
        (experiment.kind, ":--", lambda row: escaped(row.label)),
        ("seeds", "--:", lambda row: str(len(row.runs)) if row.runs else "-"),
    ]
    if experiment.judged:
        for at, number in enumerate(family.rows[0].numbers):
            columns += _judged_columns(at, number.metric.rsplit("/", 1)[-1], mark)
        return [
            *columns,
            (
                "one run of ours",
                ":--",
                lambda row: f"**{row.verdict.word}**" if row.runs and row.verdict else "-",
            ),
            (
                "gain, published",
                "--:",
                lambda row: "-" if row.claim is None else f"{row.claim.published:+.2f}",
            ),
            *_gain_columns(experiment, family, mark),
            ("parameters, published", "--:", lambda row: _parameters(row.published)),
            ("counts of ours", ":--", lambda row: escaped(row.counts or "-")),
        ]
    metric = next((row.metric for row in family.rows if row.metric), "")
    columns += [
        (label(metric) if metric else "ours", "--:", lambda row: _ours_text(row.numbers[0], mark)),
        *_gain_columns(experiment, family, mark),
        ("parameters", "--:", lambda row: _parameters(row.runs[0].record if row.runs else None)),
    ]
    others = [run.record.other_epoch for row in family.rows for run in row.runs if run.record.other_epoch]
    if others:
        which = "last" if others[0].rule.startswith("last") else "best"
        columns.append((f"at the {which} epoch", "--:", _other_epoch_text))
    if experiment.published:
        columns.append((experiment.published, "--:", lambda row: _published_text(row.numbers[0])))
    return columns


def _gain_columns(experiment: Experiment, family: Family, mark: str) -> list[Column]:
    spread = family.spread
    columns: list[Column] = [
        (f"gain over {experiment.reference}", "--:", lambda row: _gain_text(row.gain, mark)),
        ("adjusted p", "--:", lambda row: _p_text(row.gain)),
    ]
    if spread and spread.all_rows:
        heading = f"over all {spread.all_rows} rows"
        columns.append((heading, "--:", lambda row: _overall_text(row.overall)))
    return [*columns, ("found", ":--", lambda row: row.word)]


def _judged_columns(at: int, metric: str, mark: str) -> list[Column]:
    return [
        (f"{label(metric)}, published", "--:", lambda row: _published_text(row.numbers[at])),
        ("ours", "--:", lambda row: _ours_text(row.numbers[at], mark)),
    ]


def _published_text(number: Number) -> str:
    """Return the published number with the digits that the source prints."""
    value = number.published
    return "-" if value is None else f"{value:.{decimals_of(value, number.decimals)}f}"


def _ours_text(number: Number, mark: str) -> str:
    return f"*{NOT_RUN}*" if number.ours is None else interval(number.ours) + mark


def _gain_text(gain: Gain | None, mark: str) -> str:
    return "-" if gain is None else interval(gain.estimate, signed=True) + mark


def _overall_text(gain: Gain | None) -> str:
    if gain is None or gain.p is None:
        return "-"
    return f"{interval(gain.estimate, signed=True).split(' ', 1)[1]}, p {p_text(gain.p)}"


def _p_text(gain: Gain | None) -> str:
    return "-" if gain is None or gain.p is None else p_text(gain.p)


def _parameters(counted: PublishedRow | RunRecord | None) -> str:
    if isinstance(counted, PublishedRow) and counted.parameters_text:
        return escaped(counted.parameters_text)
    return "-" if counted is None or counted.parameters is None else f"{counted.parameters:,}"


def _other_epoch_text(row: Row) -> str:
    return f"{fmean(values):.2f}" if (values := _other_epoch(row)) else "-"


def _other_epoch(row: Row) -> list[float]:
    """Return the metric at the epoch that is not the primary one, of each seed that has it."""
    return [run.record.other_epoch.metrics[row.metric] for run in row.runs if run.record.other_epoch]
