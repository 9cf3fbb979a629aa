"""A sweep: jobs from configs frozen before the first one starts, each in a process of its own.

Finished cells are returned from their records without a process; an engine runs the others, on this machine
(`lga.run.sweep_processes`) or on a cluster (`lga.run.slurm`), and the loss of one job costs that job alone.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hydra.core.utils import JobReturn, JobStatus, filter_overrides
from omegaconf import DictConfig, open_dict

from lga.run.directory import RunDirectory
from lga.run.identity import Cell, FrozenRun, freeze
from lga.run.record import RunRecord, read_record
from lga.run.sweep_progress import SweepProgress
from lga.system.errors import UserError

Compose = Callable[[Sequence[str]], DictConfig]


class SweepError(UserError):
    """Some jobs of a sweep failed; which, and where their logs are, was told before."""


@dataclass
class Job:
    """One job of a sweep and, once it has ended, how."""

    overrides: tuple[str, ...]
    run: FrozenRun
    apart: tuple[str, ...] = ()  # overrides that tell it from the sweep's other jobs of the same cell
    folder: RunDirectory = field(init=False)
    error: str | None = None
    score: float | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.folder = RunDirectory(self.run)

    @property
    def name(self) -> str:
        """The cell's, and what tells the job from others of that cell."""
        return f"{self.run.cell} ({', '.join(self.apart)})" if self.apart else str(self.run.cell)

    @property
    def trains(self) -> bool:
        """Whether the job leaves a record; other modes print."""
        return bool(self.run.config["mode"]["name"] == "train")

    def record_left(self) -> RunRecord | None:
        """The record in the job's folder; None if there is none that can be read."""
        try:
            return read_record(self.folder.result) if self.folder.result.is_file() else None
        except UserError:
            return None


# Runs jobs to their ends, sets how each has ended, and tells that to the progress.
Engine = Callable[[list[Job], SweepProgress], None]


def launch_sweep(
    compose: Compose, job_overrides: Sequence[Sequence[str]], run_all: Engine
) -> list[JobReturn]:
    """Runs one job for each list of overrides and returns what Hydra's sweepers expect."""
    group = time.strftime("sweep-%Y%m%d-%H%M%S")
    jobs = [
        _freeze(compose(overrides), tuple(filter_overrides(list(overrides))), group)
        for overrides in job_overrides
    ]
    _tell_apart(jobs)
    with SweepProgress(len(jobs)) as progress:
        if waiting := [job for job in jobs if not settled_before(job, progress)]:
            run_all(waiting, progress)
    failed = [job for job in jobs if job.error]
    error = SweepError(
        f"{len(failed)} of {len(jobs)} jobs failed, their logs are named above; "
        "the same command runs only those again"
    )
    return [_returned(job, error) for job in jobs]


def _freeze(cfg: DictConfig, overrides: tuple[str, ...], group: str) -> Job:
    with open_dict(cfg):
        cfg.logger.group = cfg.logger.group or group
    return Job(overrides, freeze(cfg, overrides))


def _tell_apart(jobs: Sequence[Job]) -> None:
    """Jobs of one cell, which differ in other settings, are told by those."""
    cells: dict[Cell, list[Job]] = {}
    for job in jobs:
        cells.setdefault(job.run.cell, []).append(job)
    for same in cells.values():
        shared = set.intersection(*(set(job.overrides) for job in same))
        for job in same:
            job.apart = tuple(override for override in job.overrides if override not in shared)


def settled_before(job: Job, progress: SweepProgress) -> bool:
    """Whether nothing is left to do for the job: its record is there, or stands in the way."""
    if not job.trains:
        return False
    try:
        done = job.folder.done()
    except UserError as error:
        job.error = str(error)
        progress.ended(job.name, job.error, None, 0.0, job.folder.log)
        return True
    if done is None:
        return False
    path, record = done
    job.score = record.score
    progress.cached(job.name, record.score, None if path == job.folder.result else path)
    return True


def _returned(job: Job, error: SweepError) -> JobReturn:
    returned = JobReturn(overrides=list(job.overrides), working_dir=str(job.folder.path))
    returned.status = JobStatus.FAILED if job.error else JobStatus.COMPLETED
    returned.return_value = error if job.error else job.score
    return returned
