"""What an experiment found, in sentences, whichever way it points.

Whether gains depend on an axis of the grid: the gain at one end against that at the other, each with its
standard error (Welch, 1947). Intervals and p values are Bonferroni's over all such differences on one dataset
and network of a page.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lga.results.experiments import Experiment
from lga.results.families import Family, Results, Row
from lga.results.gains import ASSURANCE, LIKELY, WORDS, Gain, Spread
from lga.results.labels import interval, label, name_of, p_text, setting_text
from lga.results.looks import level_at
from lga.results.origins import mixture
from lga.results.scales import CUT_SHORT, MEANINGS
from lga.results.statistics import ALPHA, Estimate, added, student_quantile
from lga.results.verdicts import margin

_Pair = tuple[str, str, Family, Family, Gain, Gain]


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
        words = {"gain": "grows", "loss": "shrinks", "practically none": "practically no change"}
        return words.get(found, found)


def dependences(results: Results, beside: Sequence[Results] = ()) -> tuple[Dependence, ...]:
    """Return how gains change along each axis, tested together with the changes of results `beside`."""
    tested = Counter(
        (first.dataset, first.network) for one in beside or [results] for _, _, first, *_ in _pairs(one)
    )
    made = []
    for attention, axis, first, last, one, other in _pairs(results):
        level = level_at(min(one.estimate.n, other.estimate.n), first.looks)
        change = change_between(one, other, tested[first.dataset, first.network], level)
        made.append(Dependence(attention, axis, first, last, change))
    return tuple(made)


def change_between(first: Gain, last: Gain, tested: int, level: float = ALPHA) -> Gain:
    """Return the change from one gain of known spread to another, as one of so many that are tested."""
    from scipy.special import stdtr

    variance, df = added(*(((gain.error or 0.0) ** 2, gain.df) for gain in (first, last)))
    error, mean = math.sqrt(variance), last.estimate.mean - first.estimate.mean
    half = student_quantile(1 - level / 2 / tested, df) * error
    p = min(1.0, 2 * tested * float(stdtr(df, -abs(mean / error))) * ALPHA / level)
    return Gain(Estimate(min(first.estimate.n, last.estimate.n), mean, mean - half, mean + half), p)


def _pairs(results: Results) -> Iterator[_Pair]:
    for axis in results.experiment.axes:
        for line in _lines(axis, results.families):
            first, last = line[0], line[-1]
            for row in first.rows:
                other = last.row(row.attention)
                if row.gain and row.gain.error and other and other.gain and other.gain.error:
                    yield row.attention, axis, first, last, row.gain, other.gain


def _lines(axis: str, found: Sequence[Family]) -> list[list[Family]]:
    """Return the families that differ in that axis alone, for each choice of all else."""
    lines: dict[tuple[str, ...], list[Family]] = defaultdict(list)
    for family in found:
        others = (value for name, value in family.axes.items() if name != axis)
        lines[family.dataset, family.network, *others].append(family)
    several = [line for line in lines.values() if len(line) > 1]
    return [line for line in several if len({(f.scale, f.start) for f in (line[0], line[-1])}) == 1]


def findings(results: Results, beside: Sequence[Results] = ()) -> list[str]:
    """Return the paper's claims; else changes along axes, tested with those `beside`, and the families."""
    if results.experiment.judged:
        return [claim.sentence for claim in results.claims]
    depending = [dependence_sentence(one) for one in dependences(results, beside)]
    return [*depending, *(family_sentence(results.experiment, family) for family in results.families)]


def family_sentence(experiment: Experiment, family: Family) -> str:
    """Return what a family shows."""
    gained = [row for row in family.rows if row.gain]
    spread = family.spread
    if spread is None and any(row.gain and row.gain.estimate.n > 1 for row in gained):
        return f"{family.place}{_mark(family)}: equal gains in all seeds, which say nothing of a spread."
    if spread is None:
        kind = f"{'an' if experiment.kind[0] in 'aeiou' else 'a'} {experiment.kind}"
        return f"{family.place}: not run with two seeds of {experiment.reference} and of {kind} yet."
    words = {word: [row for row in gained if row.word == word] for word in WORDS}
    parts = [f"{row.label} ({_found(row)})" for word in ("gain", "loss") for row in words[word]]
    nothing = ", ".join(row.label for row in words["practically none"])
    parts += [f"practically none: {nothing}"] if nothing else []
    undecided, ran = len(words["undecided"]), min(row.gain.estimate.n for row in gained if row.gain)
    parts += [f"undecided: {undecided} of {len(gained)}"] if undecided else []
    parts += [_sight(spread)]
    parts += [seeds_wanted(spread, gained[0].metric, ran)] if undecided else []
    return f"{family.place}, {label(gained[0].metric)}{_mark(family)}: {'; '.join(parts)}."


def _sight(spread: Spread) -> str:
    if spread.smallest is None:
        return "the spreads differ, and each gain is tested by its own"
    return f"a gain of {spread.smallest:.2g} would have been found in four of five repetitions"


def spread_sentence(spread: Spread, reference: str) -> str:
    """Return what the spread of a family's recipe is, and what can be seen with it."""
    levene = f"Levene's test of equal spread: p {spread.levene or 0:.2f}"
    if spread.levene is None:
        levene = "with two cells or two seeds, equal spread cannot be tested"
    form = "not pooled: Bonferroni's correction" if spread.smallest is None else "pooled"
    cells = f"{spread.cells} cells, {spread.df} degrees of freedom"
    return (
        f"Spread {spread.residual:.2f} over {cells} ({levene}; {form}); {_sight(spread)}. The seed explains "
        f"{100 * spread.seed_share:.0f} % of the variance; two runs of {reference} differ by up to "
        f"{spread.noise:.2f} in 95 % of pairs."
    )


def seeds_wanted(spread: Spread, metric: str, ran: int) -> str:
    """How many seeds would settle every gain of a family, of which so many ran; with its uncertainty."""
    within = f"{margin(metric):g} point{'s' * (margin(metric) != 1)}"
    if spread.smallest is None:
        return "how many seeds would settle all is not known where spreads differ"
    many, least, most = (spread.seeds_needed(margin(metric), share) for share in (ASSURANCE, *LIKELY))
    if many is None:
        return f"no affordable number of seeds would settle all within {within}"
    if many <= ran:
        return f"if there were no gain, as many seeds as ran would usually settle all within {within}"
    return f"about {many} seeds ({least} to {most or 'over 1000'}) would settle all within {within}"


def dependence_sentence(one: Dependence) -> str:
    """Whether the gain is another at the other end of the axis."""
    ends = [(setting_text(one.axis, family.axes[one.axis]), family) for family in (one.first, one.last)]
    (first, _), (last, _) = ends
    fixed = [setting_text(*axis) for axis in one.first.axes.items() if axis[0] != one.axis]
    change = _with_p(one.change)
    metric = next(label(row.metric) for row in one.first.rows)
    where = ", ".join([f"{name_of(one.attention)}'s gain in {metric} from {first} to {last}", *fixed])
    mixed = mixture({text: [run for row in family.rows for run in row.runs] for text, family in ends})
    return f"{where}{_mark(one.first)}: {change}: {one.word}.{f' {mixed}.' if mixed else ''}"


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
