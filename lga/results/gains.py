"""The gains of one question over its reference, and what its design could have seen.

The spread is that of all cells of the data set, network and recipe; intervals and p values are simultaneous
over the question's rows. Where Levene's test fails, each gain has the spread of its own differences by seed
instead, Student's t and Bonferroni's correction: the unpooled form.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lga.results.statistics import ALPHA, POWER, Array, Design, Estimate, added, equal_rows, student_quantile

Values = Mapping[int, float]  # by seed
MOST_SEEDS = 1000
WORDS = ("gain", "loss", "practically none", "undecided")
ASSURANCE = 0.7  # by simulation, what makes four of five of it where the spread is that of a few seeds
LIKELY = (0.1, 0.9)  # chances that the spread is below either end of its interval


@dataclass(frozen=True)
class Gain:
    """A gain over the reference.

    Attributes:
        estimate: with the simultaneous interval; `n` counts the seeds that both have.
        p: adjusted, below 0.05 exactly where the interval excludes 0; None where no spread is known.
        one_run: where the gain of one more run of each, of other seeds, would lie in 95 % of repetitions.
        error: its standard error, points; None where no spread is known.
        df: degrees of freedom of that.
    """

    estimate: Estimate
    p: float | None = None
    one_run: tuple[float, float] | None = None
    error: float | None = None
    df: int = 0

    def word(self, margin: float) -> str:
        """Return what can be said of it; a gain that was found is one however small."""
        low, high = self.estimate.low, self.estimate.high
        if low is None or high is None:
            return "undecided"
        if low > 0 or high < 0:
            return "gain" if low > 0 else "loss"
        return "practically none" if -margin <= low and high <= margin else "undecided"


@dataclass(frozen=True)
class Spread:
    """The residual of a data set, network and recipe, and what a question can see with it.

    Attributes:
        cells: that it is pooled over, those of several seeds.
        df: degrees of freedom.
        residual: standard deviation, points.
        seed_share: of the variance within cells, what the seed explains.
        noise: two runs of the reference differ by less in 95 % of pairs, points.
        levene: p of equal spread; below 0.05 gains are tested unpooled. None where nothing can test it.
        rows: gains that are tested together.
        smallest: gain that is found in four of five repetitions; None where tests are unpooled.
        level: chance of a false gain that these may spend.
    """

    cells: int
    df: int
    residual: float
    seed_share: float
    noise: float
    levene: float | None
    rows: int
    smallest: float | None
    level: float = ALPHA

    @property
    def all_rows(self) -> int | None:
        """How many gains all questions of the recipe test; None where there is one question."""
        return self.cells - 1 if self.cells - 1 > self.rows else None

    def seeds_needed(self, margin: float, share: float = ASSURANCE) -> int | None:
        """Seeds with which all rows would be settled in four of five repetitions if there were no gain.

        Settled: the interval lies within `margin`. The spread is an estimate; taken is what it lies below
        with the chance `share`. None for more than `MOST_SEEDS`.
        """
        from scipy.special import chdtri

        most = self.residual * math.sqrt(self.df / chdtri(self.df, share))

        def enough(seeds: int) -> bool:
            family = equal_rows(self.rows, (self.cells - 1) * (seeds - 1))
            reach = family.critical(self.level) + family.critical(1 - POWER)
            return most * math.sqrt(2 / seeds) * reach <= margin

        found = bisect_left(range(2, MOST_SEEDS + 1), True, key=enough) + 2
        return found if found <= MOST_SEEDS else None


@dataclass(frozen=True)
class Compared:
    """The gains of one question by row, the same adjusted over all rows of the recipe, and the spread."""

    gains: Mapping[str, Gain] = field(default_factory=dict)
    overall: Mapping[str, Gain] = field(default_factory=dict)
    spread: Spread | None = None


def compare_gains(
    cells: Mapping[str, Values], reference: str, rows: Sequence[str] | None = None, level: float = ALPHA
) -> Compared:
    """Compare the cells of one data set, network and recipe with one of them.

    Args:
        cells: ours by name and seed.
        reference: name of the cell that gains are over.
        rows: of the question; all others where None. Those that share no seed with the reference are left
            out; those that share one have a gain without interval.
        level: chance of a false gain that the question may spend; p values are in proportion to it.
    """
    ran = {name: values for name, values in cells.items() if values}
    if reference not in ran:
        return Compared()
    names = [reference, *(name for name in ran if name != reference)]
    seeds = sorted({seed for values in ran.values() for seed in values})
    design = _design(tuple(tuple(seed in ran[name] for seed in seeds) for name in names))
    values = np.array([ran[name][seed] for name in names for seed in sorted(ran[name])])
    shared = {name: len(ran[name].keys() & ran[reference].keys()) for name in names[1:]}
    linked = [name for name in names[1:] if shared[name]]
    asked = linked if rows is None else [name for name in rows if shared.get(name)]
    known = bool(design.df) and bool(design.spread(values) > 1e-9 * np.abs(values).max())

    def tested(of: Sequence[str]) -> list[int]:
        return [names.index(name) for name in of if known and shared[name] > 1]

    def gains(of: Sequence[str]) -> dict[str, Gain]:
        means = (design.weights[[names.index(name) for name in of]] @ values).tolist()
        bare = {name: Gain(Estimate(shared[name], mean)) for name, mean in zip(of, means, strict=True)}
        if not (at := tested(of)):
            return bare
        found, (_, half) = contrasts(design, values, at), intervals(design, values, at, level)
        p, pairs = np.minimum(1, adjusted_p(design, values, at) * ALPHA / level), _pairs(design, values)
        columns = (column.tolist() for column in (found.mean, half, p, found.error, found.df))
        for row, mean, reach, chance, error, df in zip(at, *columns, strict=True):
            if math.isfinite(reach):
                one = _reach(pairs[row], (error**2, df))
                estimate = Estimate(shared[names[row]], mean, mean - reach, mean + reach)
                bare[names[row]] = Gain(estimate, chance, (mean - one, mean + one), error, df)
        return bare

    described = _describe(design, values, at, level) if (at := tested(asked)) else None
    return Compared(gains(asked), gains(linked), described)


@cache
def _design(observed: tuple[tuple[bool, ...], ...]) -> Design:
    return Design(np.array(observed))


class Contrasts(NamedTuple):
    """Gains over one reference, with their standard errors and the degrees of freedom of these (..., rows).

    Where not `pooled` (..., 1), all is of a row's own differences by seed.
    """

    mean: Array
    error: Array
    df: NDArray[np.int64]
    pooled: NDArray[np.bool_]


def contrasts(design: Design, values: Array, rows: Sequence[int]) -> Contrasts:
    """Return the gains of `rows`; `values` (..., values) may be of many repetitions."""
    spread = design.spread(values)[..., None]
    mean, error = values @ design.weights[rows].T, spread * design.errors[rows]
    equal = design.levene(values)[..., None] >= ALPHA
    if equal.all():
        return Contrasts(mean, error, np.full(mean.shape, design.df), equal)
    alone, own, n = _alone(design, values, rows)
    return Contrasts(
        mean=np.where(equal, mean, alone),
        error=np.where(equal, error, own),
        df=np.where(equal, design.df, n - 1),
        pooled=equal,
    )


def intervals(
    design: Design, values: Array, rows: Sequence[int], level: float = ALPHA
) -> tuple[Array, Array]:
    """Return the gains of `rows`, and the half-width of their intervals."""
    from scipy.special import stdtrit

    found = contrasts(design, values, rows)
    critical = stdtrit(found.df, 1 - level / 2 / len(rows))
    if found.pooled.any():
        critical = np.where(found.pooled, design.family(rows).critical(level), critical)
    return found.mean, critical * found.error


def adjusted_p(design: Design, values: Array, rows: Sequence[int]) -> Array:
    """P of the gains of `rows`, as `intervals` takes them."""
    from scipy.special import stdtr

    found = contrasts(design, values, rows)
    t = found.mean / found.error
    if found.pooled.all():
        return design.family(rows).p(t)
    return np.asarray(np.minimum(1, len(rows) * 2 * stdtr(found.df, -np.abs(t))))


def _alone(design: Design, values: Array, rows: Sequence[int]) -> tuple[Array, Array, Array]:
    """Mean and standard error (..., rows) of differences paired by seed, and how many they are (rows,)."""
    place = np.cumsum(design.observed).reshape(design.observed.shape) - 1
    both = [design.observed[row] & design.observed[design.reference] for row in rows]
    found = [
        values[..., place[r, b]] - values[..., place[design.reference, b]]
        for r, b in zip(rows, both, strict=True)
    ]
    spreads = np.stack([d.std(-1, ddof=1) for d in found], -1)
    spreads = np.where(spreads > 1e-9 * np.abs(values).max(), spreads, np.nan)
    n = np.array([d.shape[-1] for d in found])
    return np.stack([d.mean(-1) for d in found], -1), spreads / np.sqrt(n), n


def _reach(*parts: tuple[float, float]) -> float:
    """Return the half-width of the 95 % interval where these variances add up."""
    variance, df = added(*parts)
    return student_quantile(1 - ALPHA / 2, df) * math.sqrt(variance)


def _within(design: Design, values: Array) -> tuple[list[float], list[int]]:
    """Return each cell's sum of squares about its mean, and its degrees of freedom."""
    cell, _ = np.nonzero(design.observed)
    of_cell = [values[cell == row] for row in range(len(design.observed))]
    return [float(((v - v.mean()) ** 2).sum()) for v in of_cell], [len(v) - 1 for v in of_cell]


def _pairs(design: Design, values: Array) -> list[tuple[float, float]]:
    """Return for each cell the variance between one run of it and one of the reference, of unlike seeds.

    What the seed explains counts, as published runs may be of any. All cells share it, unless spreads differ.
    """
    squares, n = _within(design, values)
    if design.levene(values) >= ALPHA:
        left = design.df * float(design.spread(values)) ** 2
        total, df = added((sum(squares) - left, sum(n) - design.df), (left, design.df))
        return [(2 * total / sum(n), df)] * len(n)
    first, *others = [(square / max(1, df), df) for square, df in zip(squares, n, strict=True)]
    return [(2 * first[0], first[1]), *(added(one, first) for one in others)]


def _describe(design: Design, values: Array, rows: Sequence[int], level: float) -> Spread:
    spread, equal = float(design.spread(values)), bool(design.levene(values) >= ALPHA)
    squares, n = (float(np.sum(part)) for part in _within(design, values))
    by_seed = (squares - design.df * spread**2) / max(1, n - design.df)
    of_seed = max(0.0, (by_seed - spread**2) * design.observed.shape[1] / len(values))
    smallest = design.family(rows).smallest(level) * spread * float(design.errors[rows].max())
    return Spread(
        cells=int((design.observed.sum(1) > 1).sum()),
        df=design.df,
        residual=spread,
        seed_share=of_seed / (of_seed + spread**2),
        noise=_reach(_pairs(design, values)[design.reference]),
        levene=float(design.levene(values)) if design.tests_spread else None,
        rows=len(rows),
        smallest=smallest if equal else None,
        level=level,
    )
