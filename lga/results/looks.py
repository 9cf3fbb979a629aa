"""Looking at a question several times: how much of its 5 % each look may spend.

O'Brien and Fleming's boundary (1979) as a spending function (Lan and DeMets, 1983) of the share of the
seeds. Each look is tested at what it adds, which by the union bound holds the chance of any false gain at
any look to 5 %. Intervals at a look's level are repeated intervals: those of all looks hold together.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from lga.results.statistics import ALPHA

LOOKS = (3, 5, 10)  # seeds at which SEEDS=auto looks
_PLANNED = re.compile(r"\+\+experiment\.looks=\[(\d{1,4}(?:,\d{1,4})*)\]")


def levels(looks: Sequence[int]) -> list[float]:
    """Return what each of the looks, numbers of seeds, may spend."""
    from scipy.special import ndtr, ndtri

    spent = [0.0, *(2 * float(ndtr(ndtri(ALPHA / 2) / math.sqrt(seeds / looks[-1]))) for seeds in looks)]
    return [now - before for before, now in pairwise(spent)]


def level_at(seeds: int, looks: Sequence[int] = ()) -> float:
    """Return the level at so many seeds, that of the last look they reach; 5 % where none are planned."""
    if not looks:
        return ALPHA
    return max(1e-9, levels(looks)[max(0, bisect_right(looks, seeds) - 1)])  # less cannot be computed


def as_override(looks: Sequence[int]) -> str:
    """Return the override that names planned looks in the records of runs."""
    return f"++experiment.looks=[{','.join(map(str, looks))}]"


def planned_in(overrides: Iterable[str]) -> tuple[int, ...]:
    """Return the longest plan of looks that overrides of runs name; empty where none do."""
    named = (_PLANNED.fullmatch(text) for text in overrides)
    plans = {tuple(map(int, found[1].split(","))) for found in named if found}
    return max(filter(is_plan, plans), key=lambda plan: (len(plan), plan), default=())


def is_plan(looks: Sequence[Any]) -> bool:
    """Whether these are numbers of seeds from 1, each larger than the one before."""
    return all(isinstance(n, int) for n in looks) and all(a < b for a, b in pairwise([0, *looks]))
