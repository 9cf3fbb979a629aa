"""Mean and 95 % interval over seeds, and the difference of two sets of runs paired by seed.

The interval is Student's: mean +- t(0.975, n - 1) * s / sqrt(n), s the sample standard deviation. It covers
the variation from seed to seed, of one training recipe on one split, and nothing else.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """The mean of `n` values, and its interval, which one value alone does not have."""

    n: int
    mean: float
    low: float | None = None
    high: float | None = None


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and interval of independent `values`; raises ValueError if there are none."""
    if not values:
        raise ValueError("the mean of no values")
    n, mean = len(values), fmean(values)
    if n == 1:
        return Estimate(n, mean)
    margin = _critical_value(n - 1) * stdev(values) / math.sqrt(n)
    return Estimate(n, mean, mean - margin, mean + margin)


def paired_difference(values: Mapping[int, float], baseline: Mapping[int, float]) -> Estimate | None:
    """Mean and interval of `values - baseline` over the seeds that both have; None if they share none."""
    seeds = sorted(values.keys() & baseline.keys())
    return estimate([values[seed] - baseline[seed] for seed in seeds]) if seeds else None


@cache
def _critical_value(degrees_of_freedom: int) -> float:
    from scipy.special import stdtrit  # what scipy.stats.t.ppf calls, at a third of its import time

    return float(stdtrit(degrees_of_freedom, 1 - (1 - CONFIDENCE) / 2))
