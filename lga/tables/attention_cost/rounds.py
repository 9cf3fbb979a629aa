"""Timing in turns: every candidate once a round, in an order shuffled anew, so that a busy machine slows all.

Each timed call follows one of the same candidate that warms up the processor's caches."""

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True)
class Spread:
    """Milliseconds of the calls: quartiles."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Spread":
        """The quartiles of at least two times."""
        return cls(*(1e3 * value for value in statistics.quantiles(seconds, n=4, method="inclusive")))


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    seed: int = 0,
    clock: Clock = time.perf_counter,
    finish: Callable[[], object] = lambda: None,
) -> dict[str, Spread]:
    """Times of each call; ``finish`` waits for a device to be done."""
    order, draws = list(calls), random.Random(seed)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        draws.shuffle(order)
        for name in order:
            seconds[name].append(_timed(calls[name], clock, finish))
    return {name: Spread.of(times) for name, times in seconds.items()}


def _timed(call: Callable[[], object], clock: Clock, finish: Callable[[], object]) -> float:
    call()
    finish()
    started = clock()
    call()
    finish()
    return clock() - started
