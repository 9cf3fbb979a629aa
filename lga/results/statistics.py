"""An additive model of attention and seed, and simultaneous intervals of gains over one reference.

A value is attention + seed + error, the error of one spread for all cells of a data set, network and recipe.
Gains are least-squares contrasts; any cell may lack any seed. Intervals and p values of the gains of one
question come from the multivariate t distribution (Dunnett, 1955, for any correlation): the chance of any
false one among them is 5 %, and p is below 0.05 exactly where the interval excludes 0.

Levene's statistic of equal spread is of absolute residuals, its p by draws of the model: with few seeds the
F distribution is far off.

All of it covers the variation from seed to seed of one recipe on one split, and nothing else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ALPHA = 0.05
POWER = 0.8
DRAWS, STRATA = 2**17, 2**13  # of the largest of several correlated normals: good to 0.0005 in p
LEVENE_DRAWS = 4000


@dataclass(frozen=True)
class Estimate:
    """The mean of `n` values, and its interval, which one value alone does not have."""

    n: int
    mean: float
    low: float | None = None
    high: float | None = None


def estimate(values: Sequence[float], percent: bool = False, further: bool = False) -> Estimate:
    """Mean and Student's interval of independent `values`; raises ValueError if there are none.

    An interval in `percent` is made on the scale of log odds, so that it stays within 0 and 100. `further`
    makes it that of one further value.
    """
    if not values:
        raise ValueError("the mean of no values")
    n, mean = len(values), fmean(values)
    if n == 1:
        return Estimate(n, mean)
    margin = student_quantile(1 - ALPHA / 2, n - 1) * stdev(values) * math.sqrt(1 / n + further)
    if percent and 0 < mean < 100:
        odds, width = mean / (100 - mean), margin / (mean * (1 - mean / 100))
        return Estimate(n, mean, *(100 / (1 + math.exp(min(w, 700)) / odds) for w in (width, -width)))
    return Estimate(n, mean, mean - margin, mean + margin)


@dataclass(frozen=True)
class Design:
    """Which cells have which seeds: all that intervals need beside the values.

    Attributes:
        observed: (cells, seeds), whether there is a value.
        reference: row of the reference.
    """

    observed: NDArray[np.bool_]
    reference: int = 0

    @cached_property
    def _matrix(self) -> Array:
        cell, seed = np.nonzero(self.observed)
        cells, seeds = self.observed.shape
        return np.hstack([np.eye(cells)[cell], np.eye(seeds)[seed]])

    @cached_property
    def _inverse(self) -> Array:
        return np.asarray(np.linalg.pinv(self._matrix), dtype=float)

    @cached_property
    def df(self) -> int:
        """Degrees of freedom of the residual."""
        return len(self._matrix) - int(np.linalg.matrix_rank(self._matrix)) if len(self._matrix) else 0

    @cached_property
    def weights(self) -> Array:
        """(cells, values): that make each cell's gain, if a seed links it to the reference."""
        contrasts = np.eye(len(self.observed), sum(self.observed.shape))
        return np.asarray((contrasts - contrasts[self.reference]) @ self._inverse)

    @cached_property
    def errors(self) -> Array:
        """(cells,): standard error of each gain by the residual's standard deviation."""
        return np.asarray(np.sqrt((self.weights**2).sum(1)))

    def residuals(self, values: Array) -> Array:
        """Return what the model leaves of `values` (..., values)."""
        return values - values @ (self._matrix @ self._inverse).T

    def spread(self, values: Array) -> Array:
        """Return the standard deviation of the residual (...)."""
        return np.asarray(np.sqrt((self.residuals(values) ** 2).sum(-1) / self.df))

    def levene(self, values: Array) -> Array:
        """P of equal spread (...), by Levene's statistic of the residuals; 1 where it tells nothing."""
        if not self.tests_spread:
            return np.ones(values.shape[:-1])
        return 1 - np.searchsorted(self._levene_null, self._levene(values)) / (LEVENE_DRAWS + 1)

    @property
    def tests_spread(self) -> bool:
        """Whether Levene's statistic tells spreads apart: those of two cells, or two seeds, are equal."""
        seeds = self.observed[:, self.observed.sum(0) > 1].sum(1)
        return bool((seeds > 1).sum() > 2 and seeds.max() > 2)

    @cached_property
    def _levene_null(self) -> Array:
        draws = np.random.default_rng(0).standard_normal((LEVENE_DRAWS, len(self._matrix)))
        return np.sort(self._levene(draws))

    def _levene(self, values: Array) -> Array:
        """Return the share of the variance of absolute residuals that lies between cells."""
        away = np.abs(self.residuals(values))
        cells = self._matrix[:, : len(self.observed)]
        means = away @ cells / np.maximum(cells.sum(0), 1)
        within = ((away - means @ cells.T) ** 2).sum(-1)
        between = ((means - away.mean(-1, keepdims=True)) ** 2) @ cells.sum(0)
        return np.asarray(np.round(between / np.maximum(between + within, 1e-300), 9))

    def family(self, rows: Sequence[int]) -> "ManyToOne":
        """Return the joint distribution of these rows' gains."""
        scaled = self.weights[list(rows)] / self.errors[list(rows), None]
        correlation = np.round(scaled @ scaled.T, 9)
        return ManyToOne(correlation.tobytes(), len(rows), self.df)


@dataclass(frozen=True)
class ManyToOne:
    """The multivariate t distribution of several gains over one reference.

    Attributes:
        correlation: of the gains, (rows, rows) as bytes.
        rows: how many gains.
        df: degrees of freedom of their common spread.
    """

    correlation: bytes
    rows: int
    df: int

    def p(self, t: Array) -> Array:
        """Chance (...) that the largest of all |t| is at least `t`, if there is no gain."""
        from scipy.special import chdtr, stdtr

        t = np.asarray(t, dtype=float)
        alone = 2 * stdtr(self.df, -np.abs(t))
        largest = _largest(self.correlation, self.rows)
        scaled = largest / np.maximum(np.abs(t)[..., None], 1e-9)
        found = chdtr(self.df, self.df * scaled**2).mean(-1)
        bonferroni = np.minimum(self.rows * alone, 1)  # draws are few in the far tail
        return np.asarray(np.clip(found, alone, bonferroni))

    def critical(self, level: float) -> float:
        """Return the |t| that is exceeded with this chance."""
        return _critical(self, level)

    def smallest(self, level: float) -> float:
        """Return the gain, by its standard error, that is found with the chance `POWER`."""
        from scipy.special import chdtri, nctdtrinc

        if (critical := self.critical(level)) > 1e4:  # found or not by the spread alone, and slow to compute
            return critical * math.sqrt(chdtri(self.df, 1 - POWER) / self.df)
        return float(nctdtrinc(self.df, 1 - POWER, critical))


@cache
def _critical(family: ManyToOne, level: float) -> float:
    from scipy.optimize import brentq

    low, high = (student_quantile(1 - level / 2 / rows, family.df) for rows in (1, family.rows))
    if family.rows == 1:
        return low
    return float(brentq(lambda t: float(family.p(np.asarray(t))) - level, 0.99 * low, 1.01 * high, xtol=1e-6))


@cache
def _largest(correlation: bytes, rows: int) -> Array:
    """Quasi-random draws of the largest absolute value of correlated normals, as means of equal strata."""
    from scipy.special import ndtri
    from scipy.stats.qmc import Sobol

    values, vectors = np.linalg.eigh(np.frombuffer(correlation).reshape(rows, rows))
    root = vectors * np.sqrt(np.maximum(values, 0))
    points = Sobol(rows, rng=np.random.default_rng(0)).random(DRAWS)
    largest = np.abs(ndtri(np.clip(points, 1e-12, 1 - 1e-12)) @ root.T).max(1)
    return np.asarray(np.sort(largest).reshape(STRATA, -1).mean(1))


def student_quantile(share: float, df: float) -> float:
    """Return the quantile of Student's t."""
    from scipy.special import stdtrit  # scipy.stats loads slowly

    return float(stdtrit(df, share))


def added(*parts: tuple[float, float]) -> tuple[float, float]:
    """Return the sum of independent variances, and its degrees of freedom (Satterthwaite, 1946)."""
    total, squares = sum(v for v, _ in parts), sum(v**2 / max(1, df) for v, df in parts)
    return total, total**2 / squares if squares else 1.0


def equal_rows(rows: int, df: int) -> ManyToOne:
    """Return the distribution where all cells have the same seeds."""
    return ManyToOne(((np.eye(rows) + 1) / 2).tobytes(), rows, df)
