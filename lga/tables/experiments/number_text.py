"""How published and measured numbers are written in an experiment's files."""

from lga.tables.experiments.judged_table import JudgedCell, JudgedNumber, JudgedTable

NOT_RUN = "not run"


def published_text(value: float) -> str:
    """The published number with three significant digits, as the source prints it."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def measured_text(number: JudgedNumber) -> str:
    """Mean, and the 95 % interval that several seeds have: ``21.30 [20.95, 21.65]``."""
    ours = number.verdict.ours
    if ours is None:
        return NOT_RUN
    if ours.low is None or ours.high is None:
        return f"{ours.mean:.2f}"
    return f"{ours.mean:.2f} [{ours.low:.2f}, {ours.high:.2f}]"


def mark(cell: JudgedCell) -> str:
    """What must be said beside every number that is not of a full run."""
    return "" if cell.scale in (None, "full") else f"({cell.scale})"


def progress_text(table: JudgedTable) -> str:
    """How much of the table ran, and what its numbers stand for."""
    if not table.ran:
        return NOT_RUN
    changed = f"; with {', '.join(table.changes)}" if table.changes else ""
    return f"{table.ran} of {len(table.cells)} cells, {' and '.join(table.scales)}{changed}"
