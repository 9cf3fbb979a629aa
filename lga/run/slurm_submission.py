"""Submits the jobs of a sweep to SLURM, and remembers in each run's folder which job trains it."""

import contextlib
import io
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from submitit.core.utils import FailedJobError, FailedSubmissionError, JobPaths, environment_variables
from submitit.helpers import clean_env
from submitit.slurm.slurm import SlurmExecutor

from lga.run.slurm_job import RunInJob
from lga.run.slurm_queue import Queued
from lga.run.slurm_settings import SlurmSettings
from lga.run.sweep import Job
from lga.system.errors import UserError
from lga.system.files import writable, write_text
from lga.system.locks import alone


class Submitted(NamedTuple):
    """The SLURM job that trains a run.

    Attributes:
        identifier: SLURM's, such as 17 or 17_3.
        name: of the job; all jobs submitted together have the same, and no others.
        folder: submitit's, with the job's script and what was said before the run's own log was open.
        earlier: when the attempt ended whose record lay in the run's folder before; None if there was none.
    """

    identifier: str
    name: str
    folder: str
    earlier: str | None

    @property
    def paths(self) -> JobPaths:
        """Submitit's files of the job."""
        return JobPaths(self.folder, job_id=self.identifier)


@contextlib.contextmanager
def one_sweep_at_a_time(jobs: list[Job]) -> Iterator[None]:
    """Held from the look for jobs of earlier sweeps until the others are submitted and remembered."""
    folder = _folder(jobs)
    with contextlib.ExitStack() as held:
        with writable(folder, "paths.output_dir"):
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(alone(folder / ".lock"))
        yield


def submit(jobs: list[Job], settings: SlurmSettings, gpus: int) -> list[Submitted]:
    """Submits `jobs` as one array, each with so many GPUs; raises UserError where sbatch refuses."""
    name = f"{time.strftime('lga-%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
    folder = _folder(jobs) / name
    calls = [RunInJob(job.run, sys.path) for job in jobs]
    with writable(folder, "paths.output_dir"):
        folder.mkdir(parents=True)
    executor = SlurmExecutor(folder, max_num_timeout=settings.max_num_timeout)
    executor.update_parameters(**settings.parameters(name, gpus))
    earlier = [job.record_left() for job in jobs]  # before: a job may fail within the time of a submission
    with _without_a_jobs_environment(), _refusals_told(len(jobs)):
        identifiers = [job.job_id for job in executor.submit_array(calls)]
    submitted = []
    for job, identifier, record in zip(jobs, identifiers, earlier, strict=True):
        submitted.append(Submitted(identifier, name, str(folder), record.ended if record else None))
        _remember(job, submitted[-1])
    return submitted


def submitted_before(job: Job, queue: dict[str, Queued]) -> Submitted | None:
    """The job of an earlier sweep that waits or runs for the same run; None if there is none."""
    try:
        known = Submitted(**json.loads(_memory(job).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    entry = queue.get(known.identifier)
    return known if entry is not None and entry.name == known.name else None


def _folder(jobs: list[Job]) -> Path:
    return Path(jobs[0].run.config["paths"]["output_dir"]).absolute() / "slurm"


def _remember(job: Job, submitted: Submitted) -> None:
    with writable(job.folder.path, "paths.output_dir"):
        job.folder.path.mkdir(parents=True, exist_ok=True)
        write_text(_memory(job), json.dumps(submitted._asdict()) + "\n")


def _memory(job: Job) -> Path:
    return job.folder.path / "slurm_job.json"


@contextlib.contextmanager
def _without_a_jobs_environment() -> Iterator[None]:
    """Hides what SLURM says to jobs, where the sweep itself is started in one: sbatch would take it over."""
    kept: dict[str, Any] = {name: os.environ[name] for name in ("SLURM_CONF",) if name in os.environ}
    with clean_env(), environment_variables(**kept):
        yield


@contextlib.contextmanager
def _refusals_told(jobs: int) -> Iterator[None]:
    """Turns a refusal of sbatch into one line."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # submitit prints it as well
            yield
    except (FailedJobError, FailedSubmissionError, OSError) as error:
        reason = (str(error).strip() or repr(error)).splitlines()[-1]
        hint = "; hydra.sweeper.max_batch_size= submits fewer at once" if "array" in reason else ""
        raise UserError(f"SLURM takes none of {jobs} jobs: {reason}{hint}") from error
