"""Prints how often the statistics of pages are wrong, and what they find, by simulation.

Normal errors of standard deviation 1 unless a line says otherwise; a fixed seed; all by the code that judges
pages. Exit status: 1 if a figure is out of its bound.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from scipy.special import stdtr

from lga.results.gains import Gain, Spread, contrasts, intervals
from lga.results.looks import LOOKS, level_at
from lga.results.over_cells import pool
from lga.results.sentences import change_between
from lga.results.statistics import ALPHA, Array, Design, Estimate

DRAWS = 20_000
ROWS = (4, 9)
SEEDS = (3, 5, 10)
EFFECT = 2.0  # of one row, for power
MARGIN = 1.5
PILOT, MOST = 5, 100  # seeds that say how many are needed, and the most that are run
Line = tuple[str, float, tuple[float, float] | None]  # what, how often, least and most


def main() -> int:
    """Read the command line; simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS, help="of each figure")
    lines = list(figures(parser.parse_args().draws))
    for what, share, bounds in lines:
        limits = "" if bounds is None else f"  ({100 * bounds[0]:g} to {100 * bounds[1]:g})"
        print(f"{100 * share:6.2f} %  {what}{limits}")
    return int(not all(bounds is None or bounds[0] <= share <= bounds[1] for _, share, bounds in lines))


def figures(draws: int) -> Iterator[Line]:
    """All of them, in order."""
    rng = np.random.default_rng(20261129)
    for rows in ROWS:
        for seeds in SEEDS:
            yield from _of_design(rng, draws, rows, seeds)
        yield from _looking(rng, draws, rows)
        for seeds in SEEDS:
            yield from _unequal(rng, draws, rows, seeds)
            yield _near_hundred(rng, draws, rows, seeds)
        yield from _settled(rng, draws, rows)
    for rows, seeds in ((1, 5), (2, 3), (2, 10)):
        yield _changes(rng, draws, rows, seeds)
    for cells, df in ((3, 4), (6, 4), (7, 2), (15, 16)):
        yield from _over_cells(rng, draws, cells, df)


def _of_design(rng: np.random.Generator, draws: int, rows: int, seeds: int) -> Iterator[Line]:
    """Errors, coverage and power with a seed effect as large as the error."""
    place = f"{rows} rows, {seeds} seeds"
    values = _values(rng, draws, rows, seeds) + rng.standard_normal((draws, 1, seeds))
    low, high = _bounds(values)
    yield f"any false gain or loss: {place}", _any((low > 0) | (high < 0)), (0, 0.055)
    yield f"all gains inside their intervals: {place}", 1 - _any((low > 0) | (high < 0)), (0.94, 0.96)
    values[:, 1] += EFFECT
    low, _ = _bounds(values)
    yield f"gain of {EFFECT:g} found: {place}", float((low[:, 0] > 0).mean()), None
    yield f"the same by paired t and Holm, the old rule: {place}", _old_rule(values), None


def _looking(rng: np.random.Generator, draws: int, rows: int) -> Iterator[Line]:
    """Return false findings at any look, with SEEDS=auto and without."""
    values = _values(rng, draws, rows, LOOKS[-1])
    for name, looks, bounds in (
        ("SEEDS=auto", LOOKS, (0.0, 0.055)),
        ("looks that are not planned", (), None),
    ):
        found = np.zeros(draws, dtype=bool)
        for seeds in LOOKS:
            low, high = _bounds(values[:, :, :seeds], level_at(seeds, looks))
            found |= ((low > 0) | (high < 0)).any(1)
        yield f"any false gain or loss at any look: {rows} rows, {name}", float(found.mean()), bounds


def _unequal(rng: np.random.Generator, draws: int, rows: int, seeds: int) -> Iterator[Line]:
    patterns: Sequence[tuple[str, Array, tuple[float, float] | None]] = (
        ("spreads from 1, the reference's, to 3", np.linspace(1, 3, rows + 1), (0, 0.06)),
        ("one row of three times the spread", np.array([1.0] * rows + [3.0]), None),
        ("the reference of twice the spread", np.array([2.0] + [1.0] * rows), None),
    )
    for name, spreads, bounds in patterns:
        low, high = _bounds(_values(rng, draws, rows, seeds) * spreads[:, None])
        yield (
            f"any false gain or loss: {rows} rows, {seeds} seeds, {name}",
            _any((low > 0) | (high < 0)),
            bounds,
        )


def _near_hundred(rng: np.random.Generator, draws: int, rows: int, seeds: int) -> Line:
    """Accuracies on 1,000 images: the share that is right is itself drawn for each run."""
    odds = 4.5 + 0.3 * _values(rng, draws, rows, seeds)
    low, high = _bounds(rng.binomial(1000, 1 / (1 + np.exp(-odds))) / 10)
    return (
        f"any false gain or loss: {rows} rows, {seeds} seeds, accuracies near 99 %",
        _any((low > 0) | (high < 0)),
        (0, 0.06),
    )


def _settled(rng: np.random.Generator, draws: int, rows: int) -> Iterator[Line]:
    """Five seeds are run, then as many as they say are needed."""
    for name, gain in (("no gain", 0.0), ("gains of twice the margin", 2 * MARGIN)):
        values = _values(rng, draws, rows, MOST)
        values[:, 1:] += gain
        pilot = _design(rows, PILOT)
        needed = np.array([_needed(rows, pilot.df, s) for s in pilot.spread(_flat(values[:, :, :PILOT]))])
        settled = np.zeros(draws, dtype=bool)
        for seeds in np.unique(needed):
            own = needed == seeds
            low, high = _bounds(values[own, :, : max(PILOT, seeds)])
            settled[own] = ((low > 0) | (high < 0) | ((low >= -MARGIN) & (high <= MARGIN))).all(1)
        yield (
            f"all rows settled with the seeds that were said to be needed: {rows} rows, {name}",
            float(settled.mean()),
            (0.75, 1),
        )


def _changes(rng: np.random.Generator, draws: int, rows: int, seeds: int) -> Line:
    """Return how often any gain is falsely found to change along an axis, at one end of twice the spread."""
    ends = []
    for spread in (1.0, 2.0):
        values = spread * _values(rng, draws, rows, seeds)
        found = contrasts(_design(rows, seeds), _flat(values), range(1, rows + 1))
        ends.append(np.stack([found.mean, found.error, found.df], -1).tolist())
    false = 0
    for first, last in zip(*ends, strict=True):
        changes = [
            change_between(*(Gain(Estimate(seeds, m), error=e, df=int(df)) for m, e, df in pair), rows)
            for pair in zip(first, last, strict=True)
        ]
        false += any(change.word(0) != "undecided" for change in changes)
    return f"any false change of a gain: {rows} rows, {seeds} seeds", false / draws, (0, 0.055)


def _over_cells(rng: np.random.Generator, draws: int, cells: int, df: int) -> Iterator[Line]:
    """Mean gains over cells whose errors are estimated, and whose true gains are 0 or differ about 0."""
    for tau in (0.0, 1.0):
        gains = rng.normal(0, math.hypot(1, tau), (draws, cells))
        errors = np.sqrt(rng.chisquare(df, (draws, cells)) / df)
        means = [pool(y, e).mean for y, e in zip(gains.tolist(), errors.tolist(), strict=True)]
        false = sum(not mean.low <= 0 <= mean.high for mean in means) / draws
        place = f"{cells} cells, {df} degrees of freedom, tau {tau:g}"
        yield f"a false mean gain or loss over cells: {place}", false, (0, 0.055)


def _values(rng: np.random.Generator, draws: int, rows: int, seeds: int) -> Array:
    return rng.standard_normal((draws, rows + 1, seeds))


@cache
def _design(rows: int, seeds: int) -> Design:
    return Design(np.ones((rows + 1, seeds), dtype=bool))


def _needed(rows: int, df: int, spread: float) -> int:
    seeds = Spread(rows + 1, df, float(spread), 0, 0, 1, rows, None).seeds_needed(MARGIN)
    return min(seeds or MOST, MOST)


def _flat(values: Array) -> Array:
    return values.reshape(len(values), -1)


def _bounds(values: Array, level: float = ALPHA) -> tuple[Array, Array]:
    """Return interval ends (draws, rows) of values (draws, cells, seeds); the first cell is the reference."""
    _, cells, seeds = values.shape
    mean, half = intervals(_design(cells - 1, seeds), _flat(values), range(1, cells), level)
    return mean - half, mean + half


def _any(found: Array) -> float:
    return float(found.any(1).mean())


def _old_rule(values: Array) -> float:
    """How often the first gain is found by paired t tests with Holm's correction."""
    differences = values[:, 1:] - values[:, :1]
    n = differences.shape[-1]
    t = differences.mean(-1) / (differences.std(-1, ddof=1) / np.sqrt(n))
    p = 2 * stdtr(n - 1, -np.abs(t))
    order = p.argsort(1)
    ranks = np.arange(p.shape[1], 0, -1)
    adjusted = np.maximum.accumulate(np.take_along_axis(p, order, 1) * ranks, 1)
    first = np.take_along_axis(adjusted, order.argsort(1), 1)[:, 0]
    return float(((first < ALPHA) & (t[:, 0] > 0)).mean())


if __name__ == "__main__":
    sys.exit(main())
