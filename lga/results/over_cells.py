"""The gain of the paper's block over all cells that ran: its claim is one over diverse data sets.

A random-effects estimate: each cell has an effect of its own about a mean. Cells count alike, because weights
by spreads of few degrees of freedom find too much; how much cells differ is by DerSimonian and Laird (1986).
Runs that were cut short do not count, nor do studies that vary a setting of training.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from lga.results.experiments import BASELINE, RELEASED, SCALE, SHARE
from lga.results.families import Family, Results
from lga.results.labels import interval, label
from lga.results.scales import CUT_SHORT
from lga.results.statistics import ALPHA, Estimate, student_quantile


@dataclass(frozen=True)
class CellGain:
    """The block's gain in one cell.

    Attributes:
        place: data set, network and axes, for people.
        metric: that it is points of.
        gain: with its simultaneous interval.
        error: standard error, points.
        published: gain, where the cell is the paper's.
    """

    place: str
    metric: str
    gain: Estimate
    error: float
    published: float | None = None


@dataclass(frozen=True)
class Pooled:
    """The mean gain over cells; `tau` is how these differ, points, `i2` the share of variance that is."""

    mean: Estimate
    tau: float
    i2: float


def cell_gains(results: Iterable[Results]) -> list[CellGain]:
    """Return the block's gain in each family whose reference ran, where its spread is known."""
    found: dict[str, CellGain] = {}
    for one in results:
        counts = one.experiment.reference == BASELINE and {SCALE, SHARE}.issuperset(one.experiment.axes)
        for family in one.families if counts else ():
            if cell := _cell_gain(family):
                found.setdefault(family.recipe, cell)
    return list(found.values())


def pool(effects: Sequence[float], errors: Sequence[float]) -> Pooled:
    """Return the random-effects estimate of at least two effects with their standard errors.

    The interval is Student's over cells, never narrower than these errors say.
    """
    weights, k = [1 / error**2 for error in errors], len(effects)
    centre = sum(w * y for w, y in zip(weights, effects, strict=True)) / sum(weights)
    q = sum(w * (y - centre) ** 2 for w, y in zip(weights, effects, strict=True))
    scale = sum(weights) - sum(w**2 for w in weights) / sum(weights)
    tau2 = max(0.0, (q - (k - 1)) / scale)
    within = fmean(error**2 for error in errors)
    half = student_quantile(1 - ALPHA / 2, k - 1) * math.sqrt(max(within, variance(effects)) / k)
    mean = fmean(effects)
    return Pooled(
        Estimate(k, mean, mean - half, mean + half), math.sqrt(tau2), max(0.0, 1 - (k - 1) / q) if q else 0.0
    )


def pooled_by_metric(cells: Iterable[CellGain]) -> dict[str, tuple[list[CellGain], Pooled]]:
    """Return the cells of each metric that two or more have, and what they come to."""
    by_metric: defaultdict[str, list[CellGain]] = defaultdict(list)
    for cell in cells:
        by_metric[cell.metric].append(cell)
    return {
        metric: (found, pool([one.gain.mean for one in found], [one.error for one in found]))
        for metric, found in by_metric.items()
        if len(found) > 1
    }


def pooled_sentence(metric: str, pooled: Pooled) -> str:
    """Return what they come to, in words."""
    low, high, name = pooled.mean.low, pooled.mean.high, label(metric.rsplit("/", 1)[-1])
    sure = (
        "a gain" if low and low > 0 else "a loss" if high and high < 0 else "neither gain nor loss is shown"
    )
    gain = interval(pooled.mean, signed=True)
    return (
        f"Over {pooled.mean.n} cells LGA's mean gain over none is {gain} points of {name}: {sure}. "
        f"Random effects: cells differ by tau = {pooled.tau:.2f}, I2 = {100 * pooled.i2:.0f} %."
    )


def _cell_gain(family: Family) -> CellGain | None:
    row, reference = family.row(RELEASED), family.row(BASELINE)
    if not (row and reference and row.gain and row.gain.error) or family.scale in CUT_SHORT:
        return None
    ours, theirs = row.numbers[0].published, reference.numbers[0].published
    published = None if ours is None or theirs is None else round(ours - theirs, 2)
    return CellGain(family.place, row.metric, row.gain.estimate, row.gain.error, published)
