"""A plan in the terminal."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lga.results.labels import name_of
from lga.results.plan.plan import Plan, PlannedCell
from lga.system.terminal_text import numbered, with_fixed_width


def show_plan(plan: Plan, console: Console | None = None) -> None:
    """Print one line a dataset and network, the sums, and what is missing with what to do."""
    console = with_fixed_width(console or Console(highlight=False))
    console.print(_table(plan))
    for line in summary(plan):
        console.print(line, markup=False, soft_wrap=True)


def summary(plan: Plan) -> list[str]:
    """Return the sums of what can run now, then a line for each dataset that is missing and each problem."""
    runnable = plan.runnable
    cached, left = sum(cell.cached for cell in runnable), sum(cell.left for cell in runnable)
    room, needed = plan.free_bytes, plan.bytes(runnable)
    with_all = (
        f"with all data: {numbered(sum(cell.left for cell in plan.cells), 'run')} left, "
        f"{duration(plan.hours(plan.cells))}, {plan.bytes(plan.cells) / 1e9:.1f} GB of disk"
    )
    lines = [
        f"{len(runnable)} of {len(plan.cells)} cells can run: {numbered(cached, 'run')} cached, {left} left, "
        f"{duration(plan.hours(runnable))} on {plan.device}",
        *([with_all] if plan.missing else []),
        f"disk: {needed / 1e9:.1f} GB needed, {room / 1e9:.1f} GB free" + (": too little" * (needed > room)),
    ]
    lines += [f"missing: {name_of(name)}: {what}" for name, what in plan.missing.items()]
    lines += [f"in the way: {problem}" for cell in plan.cells for problem in cell.problems]
    return lines


def duration(hours: float | None) -> str:
    """Hours in the unit that suits them."""
    if hours is None:
        return "unknown time"
    if hours < 1:
        return f"about {max(1, round(60 * hours))} min" if hours else "no time"
    return f"about {hours:.1f} h" if hours < 48 else f"about {hours / 24:.0f} days"


def _table(plan: Plan) -> Table:
    table = Table(title=f"{plan.name}, scale {plan.scale}", title_justify="left")
    for heading in ("dataset", "network", "data"):
        table.add_column(heading)
    for heading in ("images", "cells", "cached", "left", "time left"):
        table.add_column(heading, justify="right")
    for (dataset, model), cells in groupby(plan.cells, key=lambda cell: cell.cell[:2]):
        table.add_row(*(Text(text) for text in _row(plan, dataset, model, list(cells))))
    return table


def _row(plan: Plan, dataset: str, model: str, cells: Sequence[PlannedCell]) -> tuple[str, ...]:
    state = plan.data[dataset]
    counts = state.counts
    left, started = sum(cell.left for cell in cells), sum(cell.started for cell in cells)
    return (
        name_of(dataset),
        name_of(model),
        "missing" if state.missing else "here",
        f"{counts.train:,} + {counts.test:,}" if counts else "?",
        str(len(cells)),
        str(sum(cell.cached for cell in cells)),
        f"{left} ({started} started)" if started else str(left),
        duration(plan.hours(cells)),
    )
