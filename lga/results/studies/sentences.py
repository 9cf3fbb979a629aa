"""What a study found, in sentences, whichever way it points."""

from collections.abc import Sequence

from lga.results.labels import label
from lga.results.statistics import Estimate
from lga.results.studies.family import Family, Row, axis_text
from lga.results.studies.gains import Dependence
from lga.results.studies.studies import Study

CUT_SHORT = {"smoke": "smoke runs, which say nothing of how good it is", "reduced": "runs cut short"}


def family_sentence(study: Study, family: Family) -> str:
    """What a family shows."""
    tested = [row for row in family.rows if row.p is not None]
    if not tested and any(row.gain and row.gain.difference.n > 1 for row in family.rows):
        return f"{family.place}{_mark(family)}: equal in all seeds, which tells nothing of their spread."
    if not tested:
        kind = f"{'an' if study.kind[0] in 'aeiou' else 'a'} {study.kind}"
        return f"{family.place}: not run with two seeds of {study.reference} and of {kind} yet."
    found = [f"{row.label} ({_word(row)})" for row in tested if row.word in ("gain", "loss")]
    others = [row for row in tested if row.word not in ("gain", "loss")]
    told = "; ".join(found) if found else f"no {study.kind} changed it by more than seeds do"
    told += _seeds_wanted(others, " in the others" if found else "")
    return f"{family.place}, {label(tested[0].metric)}{_mark(family)}: {told}."


def dependence_sentence(one: Dependence) -> str:
    """Whether the gain is another at the other end of the axis."""
    first, last = (axis_text(one.axis, family.axes[one.axis]) for family in (one.first, one.last))
    fixed = [axis_text(*axis) for axis in one.first.axes.items() if axis[0] != one.axis]
    p = "" if one.p is None else f", p {one.p:.3f}"
    change = f"{interval(one.change.difference, signed=True)}{p}"
    metric = next(label(row.metric) for row in one.first.rows)
    where = ", ".join([f"{one.attention}'s gain in {metric} from {first} to {last}", *fixed])
    return f"{where}{_mark(one.first)}: {change}: {one.word}."


def interval(found: Estimate, signed: bool = False) -> str:
    """Mean and interval, if there is one: ``+0.93 [+0.55, +1.31]``."""
    sign = "+" if signed else ""
    if found.low is None or found.high is None:
        return f"{found.mean:{sign}.2f}"
    return f"{found.mean:{sign}.2f} [{found.low:{sign}.2f}, {found.high:{sign}.2f}]"


def _seeds_wanted(rows: Sequence[Row], which: str) -> str:
    wanted = [row.seeds_for_a_point for row in rows if row.seeds_for_a_point]
    if not wanted:
        return ""
    numbers = " to ".join(str(number) for number in sorted({min(wanted), max(wanted)}))
    return f"; a change of 1 point{which} would take {numbers} seeds"


def _word(row: Row) -> str:
    gain = row.gain
    return f"{row.word} of {interval(gain.difference, signed=True)}, p {row.p:.3f}" if gain else row.word


def _mark(family: Family) -> str:
    """What must be said of runs that were cut short."""
    if family.scale in CUT_SHORT:
        return f" ({CUT_SHORT[family.scale]})"
    return f" (with {family.changes})" if family.changes else ""
