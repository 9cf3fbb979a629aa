"""Whether a study's gains depend on an axis of its grid: the gain at one end against that at the other.

Both gains are of the same seeds, so their difference is paired by seed; Holm's correction is over all of a
study's differences on one dataset and network.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lga.tables.statistics import Paired, compare_paired, holm
from lga.tables.studies.family import Family
from lga.tables.studies.study import Study
from lga.tables.verdicts import ALPHA


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


def dependences(study: Study, found: Sequence[Family]) -> tuple[Dependence, ...]:
    """Return the changes along each axis, of every attention that ran at both of its ends."""
    made = []
    for axis in study.axes:
        for line in _lines(axis, found):
            made += _along(study, axis, line[0], line[-1])
    return tuple(_adjusted_dependences(made))


def _lines(axis: str, found: Sequence[Family]) -> list[list[Family]]:
    """The families that differ in that axis alone, for each choice of all else."""
    lines: dict[tuple[str, ...], list[Family]] = defaultdict(list)
    for family in found:
        others = (value for name, value in family.axes.items() if name != axis)
        lines[family.dataset, family.network, *others].append(family)
    return [line for line in lines.values() if len(line) > 1 and _trained(line[0]) == _trained(line[-1])]


def _trained(family: Family) -> tuple[str | None, str | None]:
    return family.scale, family.start


def _along(study: Study, axis: str, first: Family, last: Family) -> list[Dependence]:
    made = []
    for row in first.rows:
        ends = [_gains(family, row.attention, study.reference) for family in (first, last)]
        change = compare_paired(ends[1], ends[0])
        if row.attention != study.reference and change is not None:
            made.append(Dependence(row.attention, axis, first, last, change))
    return made


def _gains(family: Family, attention: str, reference: str) -> Mapping[int, float]:
    """The gain of each seed that both have."""
    ours, base = (family.row(name) for name in (attention, reference))
    if ours is None or base is None:
        return {}
    shared = ours.values.keys() & base.values.keys()
    return {seed: ours.values[seed] - base.values[seed] for seed in shared}


def _adjusted_dependences(made: Sequence[Dependence]) -> list[Dependence]:
    p_values: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for number, one in enumerate(made):
        if one.change.p is not None:
            p_values[one.first.dataset, one.first.network][str(number)] = one.change.p
    p = {number: value for group in p_values.values() for number, value in holm(group).items()}
    return [replace(one, p=p.get(str(number))) for number, one in enumerate(made)]
