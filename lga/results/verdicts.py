"""Whether a published number, or a published gain, holds against our seeds.

A number is *reproduced* if our whole interval lies within a margin of it, *not reproduced* if the interval
lies wholly outside, and else *inconclusive*: a test of equivalence, so that few seeds and a wide interval
reproduce nothing.

A gain, attention against `none` paired by seed, is found if Holm's adjusted p is below 0.05. Found with the
published sign it is *reproduced* if the published gain lies in our interval, else *direction only*; found
with the other sign it is *not reproduced*. Not found, it is *not reproduced* if the interval rules the
published gain out, and else *inconclusive*, with the number of seeds that would settle it. A published gain
of nothing is a number to be reproduced: 0.

Only runs at full scale can reproduce anything, or fail to: at any other, a gain found with the published sign
is *direction only*, and everything else is *inconclusive*. One seed gives no verdict.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lga.results.statistics import Estimate, Paired, compare_paired, estimate, holm, seeds_needed

FULL = "full"
ALPHA = 0.05


class Word(StrEnum):
    """The five verdicts."""

    REPRODUCED = "reproduced"
    DIRECTION_ONLY = "direction only"
    NOT_REPRODUCED = "not reproduced"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Verdict:
    """A verdict, why, and what it was given on.

    Attributes:
        word: the verdict.
        reason: half a sentence.
        ours: mean and interval of the number, or of the gain; None where nothing ran.
        p: of a gain, adjusted by Holm's method.
        effect: of a gain, Cohen's d of paired differences.
        more_seeds: how many more would settle an undecided gain; None where that cannot be said.
    """

    word: Word
    reason: str
    ours: Estimate | None = None
    p: float | None = None
    effect: float | None = None
    more_seeds: int | None = None


def rounding(published: float) -> float:
    """Half a unit of the last digit: the source prints three significant ones."""
    return 0.05 if abs(published) >= 10 else 0.005


def margin(metric: str) -> float:
    """Points either way within which a number counts as the same.

    1 for a mean average precision, about what two trainings of one detector differ by; 0.3 for an accuracy,
    whose published values are within half a point of each other.
    """
    return 0.3 if metric.startswith("top") else 1.0


def judge_number(published: float, values: Mapping[int, float], metric: str, scale: str) -> Verdict:
    """Judge a published number.

    Args:
        published: percent.
        values: ours by seed, percent.
        metric: its name, such as ``map50``.
        scale: of our runs.
    """
    undecided = _undecided(values, scale)
    if undecided is not None:
        return undecided
    ours = estimate(list(values.values()))
    return _equivalence(ours, published, margin(metric) + rounding(published))


def judge_gains(
    published: Mapping[str, float],
    values: Mapping[str, Mapping[int, float]],
    baseline: str,
    metric: str,
    scale: str,
) -> dict[str, Verdict]:
    """Judge the published gains of several attentions over one baseline, as one family of tests.

    Args:
        published: the published number of each attention and of the baseline, percent.
        values: ours of each by seed, percent.
        baseline: its name.
        metric: such as ``map50``.
        scale: of our runs.
    """
    ours = {
        name: compare_paired(values.get(name, {}), values.get(baseline, {}))
        for name in published
        if name != baseline
    }
    p = holm({name: paired.p for name, paired in ours.items() if paired and paired.p is not None})
    return {
        name: _judge_gain(
            published[name] - published[baseline],
            rounding(published[name]) + rounding(published[baseline]),
            margin(metric),
            paired,
            p.get(name),
            scale,
        )
        for name, paired in ours.items()
    }


def _judge_gain(
    published: float, slack: float, within: float, paired: Paired | None, p: float | None, scale: str
) -> Verdict:
    """Judge one gain; ``slack`` is what rounding may have moved the published one by."""
    if paired is None:
        return Verdict(Word.NOT_RUN, "no seed of both this attention and the baseline has run")
    ours = paired.difference
    if paired.spread is None or p is None:
        few = f"{_seeds(ours.n)} of both: nothing is known of the spread"
        return Verdict(Word.INCONCLUSIVE, few, ours)
    if abs(published) <= slack and scale == FULL:
        verdict = _equivalence(ours, 0.0, slack + within)
    else:
        verdict = _found(published, slack, ours, p, scale)
    needed = seeds_needed(published or slack, paired.spread) if verdict.word is Word.INCONCLUSIVE else None
    more = max(1, needed - ours.n) if needed else None
    return Verdict(verdict.word, verdict.reason, ours, p, paired.effect, more)


def _found(published: float, slack: float, ours: Estimate, p: float, scale: str) -> Verdict:
    found, same_sign = p < ALPHA, ours.mean * published > 0
    if not found:
        what = "no change was found"
    elif same_sign:
        what = "a change of that sign was found"
    else:
        what = "a change of the other sign was found"
    if scale != FULL:
        word = Word.DIRECTION_ONLY if found and same_sign else Word.INCONCLUSIVE
        return Verdict(word, f"{what}, at {scale} scale")
    low, high = _interval(ours)
    possible = low - slack <= published <= high + slack
    if not found:
        word = Word.INCONCLUSIVE if possible else Word.NOT_REPRODUCED
        return Verdict(word, f"{what}, and one of that size is {'not ' * possible}ruled out")
    if same_sign:
        word = Word.REPRODUCED if possible else Word.DIRECTION_ONLY
        return Verdict(word, f"{what}, of {'that' if possible else 'another'} size")
    return Verdict(Word.NOT_REPRODUCED, what)


def _undecided(values: Mapping[int, float], scale: str) -> Verdict | None:
    if not values:
        return Verdict(Word.NOT_RUN, "no seed has run")
    ours = estimate(list(values.values()))
    if ours.n == 1:
        return Verdict(Word.INCONCLUSIVE, "one seed gives no verdict", ours)
    if scale != FULL:
        return Verdict(Word.INCONCLUSIVE, f"{scale} scale is not held against the published number", ours)
    return None


def _equivalence(ours: Estimate, published: float, within: float) -> Verdict:
    low, high = _interval(ours)
    if published - within <= low and high <= published + within:
        return Verdict(Word.REPRODUCED, f"our interval lies within {within:.2g} points of it", ours)
    if high < published - within or low > published + within:
        return Verdict(Word.NOT_REPRODUCED, f"our interval lies more than {within:.2g} points away", ours)
    return Verdict(Word.INCONCLUSIVE, f"our interval is too wide to tell within {within:.2g} points", ours)


def _interval(ours: Estimate) -> tuple[float, float]:
    """Return the interval; that of one value is the value."""
    return (ours.mean if ours.low is None else ours.low), (ours.mean if ours.high is None else ours.high)


def _seeds(n: int) -> str:
    return "one seed" if n == 1 else f"{n} seeds"
