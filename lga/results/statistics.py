"""Mean and 95 % interval over seeds, differences paired by seed, and what a test says of them.

Up to `FEW` values the interval is Student's: mean +- t(0.975, n - 1) * s / sqrt(n), s the sample standard
deviation; from there on it is the bias-corrected and accelerated bootstrap of the mean (Efron, 1987). It
covers the variation from seed to seed, of one training recipe on one split, and nothing else.

Many attentions are compared to one baseline: p values are adjusted by Holm's step-down method (1979), which
holds the chance of any false gain among them to 5 %.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

CONFIDENCE = 0.95
FEW = 10  # below that the bootstrap's intervals are too narrow
POWER = 0.8
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Estimate:
    """The mean of `n` values, and its interval, which one value alone does not have."""

    n: int
    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Paired:
    """What differences paired by seed say.

    `p` is of Student's two-sided test against no difference, `effect` Cohen's d of paired differences (their
    mean by their standard deviation); both are None for fewer than two pairs and for differences that are all
    equal, which say nothing of their spread.
    """

    difference: Estimate
    spread: float | None = None
    p: float | None = None
    effect: float | None = None


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and interval of independent `values`; raises ValueError if there are none."""
    if not values:
        raise ValueError("the mean of no values")
    n, mean = len(values), fmean(values)
    if n == 1:
        return Estimate(n, mean)
    if n >= FEW and len(set(values)) > 1:
        return Estimate(n, mean, *_bootstrap_interval(values))
    margin = _critical_value(n - 1) * stdev(values) / math.sqrt(n)
    return Estimate(n, mean, mean - margin, mean + margin)


def paired_difference(values: Mapping[int, float], baseline: Mapping[int, float]) -> Estimate | None:
    """Mean and interval of `values - baseline` over the seeds that both have; None if they share none."""
    paired = compare_paired(values, baseline)
    return None if paired is None else paired.difference


def compare_paired(values: Mapping[int, float], baseline: Mapping[int, float]) -> Paired | None:
    """What `values - baseline` say over the seeds that both have; None if they share none."""
    seeds = sorted(values.keys() & baseline.keys())
    if not seeds:
        return None
    differences = [values[seed] - baseline[seed] for seed in seeds]
    found = estimate(differences)
    spread = stdev(differences) if len(differences) > 1 else 0.0
    if spread <= 1e-9 * max(map(abs, differences)):
        return Paired(found)
    effect = found.mean / spread
    return Paired(found, spread, _two_sided_p(effect * math.sqrt(found.n), found.n - 1), effect)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """The p values of several comparisons, adjusted by Holm's method."""
    adjusted, largest = {}, 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p))
        adjusted[name] = largest
    return adjusted


def seeds_needed(difference: float, spread: float) -> int | None:
    """The least number of pairs with which a paired test would find `difference` in four of five studies.

    `spread` is the standard deviation of paired differences; None if `MOST_SEEDS` would not do.
    """
    from scipy.special import nctdtr

    for n in range(2, MOST_SEEDS + 1):
        critical, shift = _critical_value(n - 1), abs(difference) / spread * math.sqrt(n)
        if 1 - nctdtr(n - 1, shift, critical) >= POWER:
            return n
    return None


def _two_sided_p(t: float, degrees_of_freedom: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(degrees_of_freedom, -abs(t)))


@cache
def _critical_value(degrees_of_freedom: int) -> float:
    from scipy.special import stdtrit  # what scipy.stats.t.ppf calls, at a third of its import time

    return float(stdtrit(degrees_of_freedom, 1 - (1 - CONFIDENCE) / 2))


def _bootstrap_interval(values: Sequence[float]) -> tuple[float, float]:
    import numpy as np
    from scipy.stats import bootstrap

    result = bootstrap((values,), np.mean, confidence_level=CONFIDENCE, rng=np.random.default_rng(0))
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
