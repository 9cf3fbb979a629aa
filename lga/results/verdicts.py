"""How a published number, or a published gain, stands to our seeds.

Two questions are kept apart. Is it *consistent* with one run of ours: does it lie where one more run would,
in 95 % of repetitions (the prediction interval), rounding allowed for? It is one run of unknown seed. And is
there an effect, and how large: *gain*, *loss*, *practically none* (not found, and the interval lies within a
margin) or *undecided* (`lga.results.gains`)?

Only runs at full scale are held against what was published. One seed says nothing of consistency.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lga.results.gains import Gain
from lga.results.statistics import Estimate, estimate

FULL = "full"


class Word(StrEnum):
    """What can be said of a published number."""

    CONSISTENT = "consistent"
    INCONSISTENT = "not consistent"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Verdict:
    """A verdict, why, and what it was given on.

    Attributes:
        word: a `Word` on a number; on a gain, what can be said of ours.
        reason: half a sentence.
        ours: mean and interval of the number, or of the gain; None where nothing ran.
        p: of a gain, adjusted.
    """

    word: str
    reason: str
    ours: Estimate | None = None
    p: float | None = None


def decimals_of(published: float, decimals: int | None = None) -> int:
    """Return how many digits the source prints after the point: of three significant ones, or `decimals`."""
    return decimals if decimals is not None else 1 if abs(published) >= 10 else 2


def rounding(published: float, decimals: int | None = None) -> float:
    """Half a unit of the last digit."""
    return float(f"0.{'0' * decimals_of(published, decimals)}5")


def difference(published: float, baseline: float, decimals: int | None = None) -> tuple[float, float]:
    """Return a published gain in the digits of its numbers, and what rounding may have moved it by."""
    slack = rounding(published, decimals) + rounding(baseline, decimals)
    return round(published - baseline, 3), round(slack, 3)


def margin(metric: str) -> float:
    """Points either way that are practically nothing.

    1 for a mean average precision, about what two trainings of one detector differ by; 0.3 for an accuracy,
    whose published values are within half a point of each other.
    """
    return 0.3 if metric.startswith("top") else 1.0


def judge_number(
    published: float, values: Mapping[int, float], scale: str, decimals: int | None = None
) -> Verdict:
    """Judge a published number.

    Args:
        published: percent.
        values: ours by seed, percent.
        scale: of our runs.
        decimals: of the published number; None for three significant digits.
    """
    if not values:
        return Verdict(Word.NOT_RUN, "no seed has run")
    ours = estimate(list(values.values()), percent=True)
    if ours.n == 1:
        return Verdict(Word.UNDECIDED, "one seed says nothing of the spread", ours)
    if scale != FULL:
        return Verdict(Word.UNDECIDED, f"{scale} scale is not held against the published number", ours)
    one = estimate(list(values.values()), percent=True, further=True)
    if one.low is None or one.high is None or math.isclose(one.low, one.high, rel_tol=1e-9):
        return Verdict(Word.UNDECIDED, "all seeds gave the same, which says nothing of the spread", ours)
    inside = _within(published, one.low, one.high, rounding(published, decimals))
    reason = f"one run of ours: {one.low:.2f} to {one.high:.2f}"
    return Verdict(Word.CONSISTENT if inside else Word.INCONSISTENT, reason, ours)


def judge_gain(published: float, slack: float, gain: Gain | None, metric: str, scale: str) -> Verdict:
    """Judge a published gain, and say what ours is.

    Args:
        published: points.
        slack: what rounding may have moved it by.
        gain: ours.
        metric: such as ``map50``.
        scale: of our runs.
    """
    if gain is None:
        return Verdict(Word.NOT_RUN, "no seed of both this attention and the baseline has run")
    if gain.one_run is None:
        return Verdict(Word.UNDECIDED, "nothing is known of the spread", gain.estimate)
    low, high = gain.one_run
    if scale != FULL:
        reason = f"at {scale} scale, which is not held against the published gain"
    elif _within(published, low, high, slack):
        reason = f"the published gain is consistent with one run of each, {low:+.2f} to {high:+.2f}"
    else:
        reason = f"the published gain is not consistent with one run of each, {low:+.2f} to {high:+.2f}"
    return Verdict(gain.word(margin(metric)), reason, gain.estimate, gain.p)


def _within(published: float, low: float, high: float, slack: float) -> bool:
    return low - slack <= published <= high + slack
