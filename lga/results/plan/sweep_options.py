"""What is asked of a sweep of one experiment, as the overrides of ``run.py -m``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lga.results.looks import LOOKS, as_override
from lga.system.errors import UserError

SweepScale = Literal["full", "reduced", "smoke"]
SCALES: tuple[str, ...] = get_args(SweepScale)
_TRAINERS = {"full": "default", "reduced": "reduced", "smoke": "smoke"}
_JOBS = {
    "lga": "hydra.launcher.jobs_per_device",
    "joblib": "hydra.launcher.n_jobs",
    "slurm": "hydra.launcher.array_parallelism",
}


@dataclass(frozen=True)
class SweepOptions:
    """Seeds and scale of the runs, how they are launched, and further overrides.

    Attributes:
        seeds: how many, from 1.
        scale: ``full``, ``reduced`` or ``smoke``.
        jobs: that run at once on a device; None leaves it to the launcher.
        launcher: option of ``hydra/launcher``.
        overrides: given to every run after all others.
        launcher_settings: overrides of ``hydra.launcher``.
        looks: numbers of seeds at which looks are planned; empty for one look.
    """

    seeds: int = 3
    scale: str = "full"
    jobs: int | None = None
    launcher: str = "lga"
    overrides: tuple[str, ...] = ()
    launcher_settings: tuple[str, ...] = ()
    looks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise UserError(f"SCALE={self.scale}: valid: {', '.join(SCALES)}")
        if self.jobs is not None and self.launcher not in _JOBS:
            raise UserError(f"JOBS={self.jobs}: LAUNCHER={self.launcher} takes none; leave JOBS out")
        if self.jobs is not None and self.jobs < 1:
            raise UserError(f"JOBS={self.jobs}: a whole number from 1")

    @property
    def of_runs(self) -> tuple[str, ...]:
        """The overrides that make the runs what they are."""
        seeds = ",".join(str(seed) for seed in range(1, self.seeds + 1))
        planned = (as_override(self.looks),) if self.looks else ()
        return f"seed={seeds}", f"trainer={_TRAINERS[self.scale]}", *planned, *self.overrides

    @property
    def of_launcher(self) -> tuple[str, ...]:
        """The overrides that say how they are launched."""
        jobs = () if self.jobs is None else (f"{_JOBS[self.launcher]}={self.jobs}",)
        return f"hydra/launcher={self.launcher}", *jobs, *self.launcher_settings


def seeds_at_looks(text: str) -> tuple[int, ...]:
    """How many seeds there are at each look: one look at a number of them, several for ``auto``."""
    if text == "auto":
        return LOOKS
    if not text.isdecimal() or int(text) < 1:
        raise UserError(f"SEEDS={text}: a number from 1, or auto")
    return (int(text),)


def divide_overrides(overrides: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return those overrides that are of runs, and those that are of their launcher."""
    of_launcher = tuple(override for override in overrides if override.startswith("hydra.launcher."))
    return tuple(override for override in overrides if override not in of_launcher), of_launcher
