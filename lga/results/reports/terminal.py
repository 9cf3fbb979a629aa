"""The comparison of runs as tables in the terminal."""

import math

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lga.results import labels as metric_names
from lga.results.answers import answer
from lga.results.collect import Collection
from lga.results.comparison import Comparison, Group, compare
from lga.results.statistics import Estimate
from lga.system.terminal_text import printable, with_fixed_width


def show(collection: Collection, console: Console | None = None) -> None:
    """Print table and answer of each comparison, then runs that failed and files that could not be read."""
    console = with_fixed_width(console or Console())
    for comparison in compare(collection.runs):
        console.print(_table(comparison))
        _say(console, " ".join(filter(None, answer(comparison))))
    for run in collection.runs:
        if run.record.status == "failed":
            _say(console, f"failed: {run.folder}: {run.record.error}")
    for problem in collection.problems:
        _say(console, f"left out: {problem.path}: {problem.reason}")
    if not collection.runs:
        _say(console, f"no run records below {collection.root}")


def _say(console: Console, line: str) -> None:
    console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def _table(comparison: Comparison) -> Table:
    title = (
        f"{comparison.dataset}, {comparison.network}, scale {comparison.scale}, recipe {comparison.recipe}"
    )
    if comparison.distinction:
        title += f" ({comparison.distinction})"
    table = Table(
        title=escape(printable(title)),
        title_justify="left",
        caption="95 % intervals over seeds; those of differences hold together over this table"
        + (" (each of its own spread)" if comparison.spread and comparison.spread.smallest is None else "")
        + escape(printable(f". {comparison.mixture}" if comparison.mixture else "")),
    )
    table.add_column("attention")
    metric, unit = metric_names.label(comparison.metric), metric_names.unit(comparison.metric)
    for heading in (
        f"{metric} {unit}".strip(),
        "95 % interval",
        "seeds",
        f"to {comparison.reference or 'none'}",
        "95 % interval",
        "parameters",
        "s/run",
    ):
        table.add_column(heading, justify="right")
    more = _further(comparison)
    for name in more:
        table.add_column(metric_names.label(name), justify="right")
    for group in sorted(comparison.groups, key=lambda group: _rank(group, comparison)):
        found = (group.estimates.get(name) for name in more)
        cells = (*_row(group, comparison.metric), *(f"{one.mean:.2f}" if one else "-" for one in found))
        table.add_row(*(escape(printable(cell)) for cell in cells))
    return table


def _rank(group: Group, comparison: Comparison) -> tuple[bool, float]:
    """Return the reference, then the highest mean first."""
    value = group.estimates.get(comparison.metric)
    return group.attention != comparison.reference, -value.mean if value else math.inf


def _further(comparison: Comparison) -> list[str]:
    """Return the metrics that the runs were asked for beside their task's."""
    runs = [run for group in comparison.groups for run in group.runs]
    asked = {name for run in runs for name in run.record.config.get("metrics", {})}
    return sorted({name for run in runs for name in run.record.metrics if name.split("/")[0] in asked})


def _row(group: Group, metric: str) -> tuple[str, ...]:
    value, difference = group.estimates.get(metric), group.differences.get(metric)
    parameters = group.runs[0].record.parameters
    seconds = group.mean_of(lambda run: run.record.seconds)
    return (
        group.label,
        f"{value.mean:.2f}" if value else "-",
        _interval(value, ".2f"),
        str(value.n) if value else "-",
        f"{difference.mean:+.2f}" if difference else "-",
        _interval(difference, "+.2f"),
        f"{parameters:,}" if parameters is not None else "-",
        f"{seconds:.0f}" if seconds is not None else "-",
    )


def _interval(value: Estimate | None, form: str) -> str:
    if value is None or value.low is None or value.high is None:
        return "-"
    return f"{value.low:{form}} to {value.high:{form}}"
