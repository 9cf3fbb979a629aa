"""What an experiment found, in sentences, whichever way it points.

Whether gains depend on an axis of the grid: the gain at one end against that at the other. Both gains are of
the same seeds, so their difference is paired by seed; intervals and p values are Bonferroni's over all of an
experiment's differences on one dataset and network.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lga.results.experiments import Experiment
from lga.results.families import Family, Results, Row
from lga.results.gains import ASSURANCE, LIKELY, WORDS, Gain, Spread, compare_gains
from lga.results.labels import interval, label, p_text, setting_text
from lga.results.scales import CUT_SHORT, MEANINGS
from lga.results.statistics import ALPHA
from lga.results.verdicts import margin

_Pair = tuple[str, str, Family, Family, list[Mapping[int, float]]]


@dataclass(frozen=True)
class Dependence:
    """How the gain of an attention over the reference changes along an axis.

    Attributes:
        attention: its name.
        axis: that changes; all others stay.
        first, last: the families at its ends, in the order of the grid.
        change: of the gain from the first to the last, points.
    """

    attention: str
    axis: str
    first: Family
    last: Family
    change: Gain

    @property
    def word(self) -> str:
        """What can be said of the change."""
        found = self.change.word(margin(self.first.rows[0].metric))
        return {"gain": "grows", "loss": "shrinks"}.get(found, found)


def dependences(results: Results) -> tuple[Dependence, ...]:
    """Return the changes along each axis, of every attention that ran at both of its ends."""
    pairs = [
        pair
        for axis in results.experiment.axes
        for line in _lines(axis, results.families)
        for pair in _along(results.experiment, axis, line[0], line[-1])
    ]
    tested = Counter((first.dataset, first.network) for _, _, first, *_ in pairs)
    made = []
    for attention, axis, first, last, gains in pairs:
        level = ALPHA / tested[first.dataset, first.network]
        change = compare_gains({"first": gains[0], "last": gains[1]}, "first", level=level).gains.get("last")
        if change is not None:
            made.append(Dependence(attention, axis, first, last, change))
    return tuple(made)


def _lines(axis: str, found: Sequence[Family]) -> list[list[Family]]:
    """Return the families that differ in that axis alone, for each choice of all else."""
    lines: dict[tuple[str, ...], list[Family]] = defaultdict(list)
    for family in found:
        others = (value for name, value in family.axes.items() if name != axis)
        lines[family.dataset, family.network, *others].append(family)
    return [line for line in lines.values() if len(line) > 1 and _trained(line[0]) == _trained(line[-1])]


def _trained(family: Family) -> tuple[str | None, str | None]:
    return family.scale, family.start


def _along(experiment: Experiment, axis: str, first: Family, last: Family) -> Iterator[_Pair]:
    for row in first.rows:
        ends = [_gains(family, row.attention, experiment.reference) for family in (first, last)]
        if row.attention != experiment.reference and ends[0].keys() & ends[1].keys():
            yield row.attention, axis, first, last, ends


def _gains(family: Family, attention: str, reference: str) -> Mapping[int, float]:
    """Return the gain of each seed that both have."""
    ours, base = (family.row(name) for name in (attention, reference))
    if ours is None or base is None:
        return {}
    shared = ours.values.keys() & base.values.keys()
    return {seed: ours.values[seed] - base.values[seed] for seed in shared}


def findings(results: Results) -> list[str]:
    """Return the claims of the paper; else how gains depend on the axes, then what each family shows."""
    if results.experiment.judged:
        return [claim.sentence for claim in results.claims]
    depending = [dependence_sentence(one) for one in dependences(results)]
    return [*depending, *(family_sentence(results.experiment, family) for family in results.families)]


def family_sentence(experiment: Experiment, family: Family) -> str:
    """Return what a family shows."""
    gained = [row for row in family.rows if row.gain]
    spread = family.spread
    if spread is None and any(row.gain and row.gain.estimate.n > 1 for row in gained):
        return f"{family.place}{_mark(family)}: equal in all seeds, which says nothing about their spread."
    if spread is None:
        kind = f"{'an' if experiment.kind[0] in 'aeiou' else 'a'} {experiment.kind}"
        return f"{family.place}: not run with two seeds of {experiment.reference} and of {kind} yet."
    words = {word: [row for row in gained if row.word == word] for word in WORDS}
    parts = [f"{row.label} ({_found(row)})" for word in ("gain", "loss") for row in words[word]]
    nothing = ", ".join(row.label for row in words["practically none"])
    parts += [f"practically none: {nothing}"] if nothing else []
    undecided = len(words["undecided"])
    parts += [f"undecided: {undecided} of {len(gained)}"] if undecided else []
    parts += [_sight(spread)]
    parts += [seeds_wanted(spread, gained[0].metric)] if undecided else []
    return f"{family.place}, {label(gained[0].metric)}{_mark(family)}: {'; '.join(parts)}."


def _sight(spread: Spread) -> str:
    if spread.smallest is None:
        return "the spreads differ, and each gain is tested by its own"
    return f"a gain of {spread.smallest:.2g} would have been found in four of five repetitions"


def spread_sentence(spread: Spread, reference: str) -> str:
    """Return what the spread of a family's recipe is, and what can be seen with it."""
    levene = f"Levene's test of equal spread: p {spread.levene:.2f}"
    form = "not pooled: Bonferroni's correction" if spread.smallest is None else "pooled"
    cells = f"{spread.cells} cells, {spread.df} degrees of freedom"
    return (
        f"Spread {spread.residual:.2f} over {cells} ({levene}; {form}); {_sight(spread)}. The seed explains "
        f"{100 * spread.seed_share:.0f} % of the variance; two runs of {reference} differ by up to "
        f"{spread.noise:.2f} in 95 % of pairs."
    )


def seeds_wanted(spread: Spread, metric: str) -> str:
    """How many seeds would settle every gain of a family, with the uncertainty of its spread."""
    many, least, most = (spread.seeds_needed(margin(metric), share) for share in (ASSURANCE, *LIKELY))
    if many is None:
        return f"no affordable number of seeds would settle all within {margin(metric):g}"
    between = f"{least} to {most or 'over 1000'}"
    return f"about {many} seeds ({between}) would settle all within {margin(metric):g}"


def dependence_sentence(one: Dependence) -> str:
    """Whether the gain is another at the other end of the axis."""
    first, last = (setting_text(one.axis, family.axes[one.axis]) for family in (one.first, one.last))
    fixed = [setting_text(*axis) for axis in one.first.axes.items() if axis[0] != one.axis]
    change = _with_p(one.change)
    metric = next(label(row.metric) for row in one.first.rows)
    where = ", ".join([f"{one.attention}'s gain in {metric} from {first} to {last}", *fixed])
    return f"{where}{_mark(one.first)}: {change}: {one.word}."


def _found(row: Row) -> str:
    return f"{row.word} of {_with_p(row.gain)}" if row.gain else row.word


def _with_p(gain: Gain) -> str:
    p = "" if gain.p is None else f", p {p_text(gain.p)}"
    return f"{interval(gain.estimate, signed=True)}{p}"


def _mark(family: Family) -> str:
    """Return what must be said of runs that were cut short."""
    if family.scale in CUT_SHORT:
        return f" ({family.scale} runs: {MEANINGS[family.scale]})"
    return f" (with {family.changes})" if family.changes else ""
