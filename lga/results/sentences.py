"""What an experiment found, in sentences, whichever way it points.

Whether gains depend on an axis of the grid: the gain at one end against that at the other. Both gains are of
the same seeds, so their difference is paired by seed; Holm's correction is over all of an experiment's
differences on one dataset and network.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lga.results.experiments import Experiment
from lga.results.families import Family, Results, Row
from lga.results.labels import label, setting_text
from lga.results.scales import CUT_SHORT, MEANINGS
from lga.results.statistics import Estimate, Paired, compare_paired, holm
from lga.results.verdicts import ALPHA


@dataclass(frozen=True)
class Dependence:
    """How the gain of an attention over the reference changes along an axis.

    Attributes:
        attention: its name.
        axis: that changes; all others stay.
        first, last: the families at its ends, in the order of the grid.
        change: of the gain from the first to the last, points.
        p: of the change, adjusted; None where there is no spread to test against.
    """

    attention: str
    axis: str
    first: Family
    last: Family
    change: Paired
    p: float | None = None

    @property
    def word(self) -> str:
        """What can be said of the change."""
        if self.p is None:
            return "too few seeds"
        if self.p >= ALPHA:
            return "no change found"
        return "grows" if self.change.difference.mean > 0 else "shrinks"


def dependences(results: Results) -> tuple[Dependence, ...]:
    """Return the changes along each axis, of every attention that ran at both of its ends."""
    made = []
    for axis in results.experiment.axes:
        for line in _lines(axis, results.families):
            made += _along(results.experiment, axis, line[0], line[-1])
    return tuple(_adjusted(made))


def _lines(axis: str, found: Sequence[Family]) -> list[list[Family]]:
    """The families that differ in that axis alone, for each choice of all else."""
    lines: dict[tuple[str, ...], list[Family]] = defaultdict(list)
    for family in found:
        others = (value for name, value in family.axes.items() if name != axis)
        lines[family.dataset, family.network, *others].append(family)
    return [line for line in lines.values() if len(line) > 1 and _trained(line[0]) == _trained(line[-1])]


def _trained(family: Family) -> tuple[str | None, str | None]:
    return family.scale, family.start


def _along(experiment: Experiment, axis: str, first: Family, last: Family) -> list[Dependence]:
    made = []
    for row in first.rows:
        ends = [_gains(family, row.attention, experiment.reference) for family in (first, last)]
        change = compare_paired(ends[1], ends[0])
        if row.attention != experiment.reference and change is not None:
            made.append(Dependence(row.attention, axis, first, last, change))
    return made


def _gains(family: Family, attention: str, reference: str) -> Mapping[int, float]:
    """The gain of each seed that both have."""
    ours, base = (family.row(name) for name in (attention, reference))
    if ours is None or base is None:
        return {}
    shared = ours.values.keys() & base.values.keys()
    return {seed: ours.values[seed] - base.values[seed] for seed in shared}


def _adjusted(made: Sequence[Dependence]) -> list[Dependence]:
    p_values: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for number, one in enumerate(made):
        if one.change.p is not None:
            p_values[one.first.dataset, one.first.network][str(number)] = one.change.p
    p = {number: value for group in p_values.values() for number, value in holm(group).items()}
    return [replace(one, p=p.get(str(number))) for number, one in enumerate(made)]


def findings(results: Results) -> list[str]:
    """The claims of the paper; else how gains depend on the axes, then what each family shows."""
    if results.experiment.judged:
        return [claim.sentence for claim in results.claims]
    depending = [dependence_sentence(one) for one in dependences(results)]
    return [*depending, *(family_sentence(results.experiment, family) for family in results.families)]


def family_sentence(experiment: Experiment, family: Family) -> str:
    """What a family shows."""
    tested = [row for row in family.rows if row.p is not None]
    if not tested and any(row.gain and row.gain.difference.n > 1 for row in family.rows):
        return f"{family.place}{_mark(family)}: equal in all seeds, which says nothing about their spread."
    if not tested:
        kind = f"{'an' if experiment.kind[0] in 'aeiou' else 'a'} {experiment.kind}"
        return f"{family.place}: not run with two seeds of {experiment.reference} and of {kind} yet."
    found = [f"{row.label} ({_word(row)})" for row in tested if row.word in ("gain", "loss")]
    others = [row for row in tested if row.word not in ("gain", "loss")]
    told = "; ".join(found) if found else f"no {experiment.kind} changed it by more than seeds do"
    told += _seeds_wanted(others, " in the others" if found else "")
    return f"{family.place}, {label(tested[0].metric)}{_mark(family)}: {told}."


def dependence_sentence(one: Dependence) -> str:
    """Whether the gain is another at the other end of the axis."""
    first, last = (setting_text(one.axis, family.axes[one.axis]) for family in (one.first, one.last))
    fixed = [setting_text(*axis) for axis in one.first.axes.items() if axis[0] != one.axis]
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
        return f" ({family.scale} runs: {MEANINGS[family.scale]})"
    return f" (with {family.changes})" if family.changes else ""
