"""Submit the jobs of a sweep to SLURM, and remember in each run's folder which job trains it.

A job trains its run in a process of its own. Some time before the end of its time, and on some clusters
before a preemption, SLURM sends SIGUSR2. Submitit then has the job requeued and ends it; the next start
continues from the last checkpoint, to the bit. The training is in a child of the process that submitit
watches over, so that no signal reaches it while it computes, and a segfault or a kill of it is an exit status
like any other.
"""

import contextlib
import io
import json
import multiprocessing
import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple, Self

from submitit.core.utils import (
    DelayedSubmission,
    FailedJobError,
    FailedSubmissionError,
    JobPaths,
    environment_variables,
)
from submitit.helpers import clean_env
from submitit.slurm.slurm import SlurmExecutor

from lga.config.frozen_run import FrozenRun
from lga.config.values import Count, Natural, fault
from lga.launch.local import redirect_output, work
from lga.launch.sweep import Job
from lga.run.devices.device_sets import DeviceSet
from lga.run.machine.failures import SIGNALLED
from lga.system.errors import UserError
from lga.system.files import writable, write_text
from lga.system.locks import alone

SECONDS_TO_BE_REQUEUED = 5.0


class RunInJob:
    """A frozen run as submitit hands it to a job, and anew to the same job when that is requeued."""

    def __init__(self, run: FrozenRun, search_path: Sequence[str]) -> None:
        self.run = run
        self.search_path = list(search_path)

    def __call__(self) -> None:
        """Train the run, resuming it if it was begun; exit with the status of the process that did."""
        sys.path[:] = self.search_path  # that of the sweep, which has the user's modules too
        redirect_output(self.run)
        status = _trained_in_child(self.run)
        if status == -signal.SIGTERM:
            time.sleep(SECONDS_TO_BE_REQUEUED)  # a preemption may send SIGTERM to all, then SIGUSR2
        if status != 0:
            sys.exit(status if status > 0 else SIGNALLED - status)

    def checkpoint(self) -> DelayedSubmission:
        """Return what the requeued job is to run: the same; its checkpoints are in the run's folder."""
        return DelayedSubmission(self)


def _trained_in_child(run: FrozenRun) -> int:
    """Return the exit status of the process that trained; negative for the signal that killed it."""
    process = _started(run)
    try:
        process.join()  # here submitit's handler of SIGUSR2 raises SystemExit, once the job is requeued
    finally:
        process.kill()  # checkpoints make that harmless
        process.join()
    return process.exitcode or 0


def _work(run: FrozenRun, devices: DeviceSet) -> None:
    """As `work`, but ends without an interpreter's clean-up, for which an allocated GPU would wait."""
    try:
        work(run, devices, trains=True)
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)


def _started(run: FrozenRun) -> BaseProcess:
    """Start a process that trains `run`, without SIGUSR2, which SLURM sends to all processes of a job."""
    threads = int(os.environ.get("SLURM_CPUS_ON_NODE", "1"))
    devices = DeviceSet(gpus=None, threads=threads)  # SLURM sets the GPUs
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(run, devices))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])  # children inherit that
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])
    return process


@dataclass(frozen=True)
class SlurmSettings:
    """Resources and limits of a sweep's jobs; `conf/hydra/launcher/slurm.yaml` says what each one means."""

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    time: Count = 1440
    gpus_per_node: Natural | None = None
    cpus_per_task: Count = 4
    mem: str | int | None = None
    array_parallelism: Count = 256
    signal_delay_s: Count = 90
    max_num_timeout: Natural = 100
    setup: Sequence[str] = ()
    additional_parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Return the settings; raise a UserError for a value that cannot be."""
        if wrong := fault(given, cls):
            raise UserError(f"hydra.launcher.{wrong}")
        made = cls(**given)
        if made.signal_delay_s >= 60 * made.time:
            limit = f"less than the {60 * made.time} seconds of hydra.launcher.time={made.time}"
            raise UserError(f"hydra.launcher.signal_delay_s={made.signal_delay_s}: {limit}")
        return made

    def parameters(self, name: str, gpus: int) -> dict[str, Any]:
        """Return submitit's parameters for jobs called `name` with so many GPUs each."""
        ours = ("max_num_timeout",)  # submitit takes it elsewhere
        return {
            **{option: value for option, value in vars(self).items() if option not in ours},
            "job_name": name,
            "gpus_per_node": gpus or None,
            "setup": list(self.setup) or None,
            "stderr_to_stdout": True,
            "wckey": None,
            # Since SLURM 22.05 a job's number of processors does not reach its steps by itself.
            "srun_args": [f"--cpus-per-task={self.cpus_per_task}"],
            "additional_parameters": {"requeue": True, **self.additional_parameters},
        }


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
    """Submit `jobs` as one array, each with so many GPUs; raises UserError where sbatch refuses."""
    name = f"{time.strftime('lga-%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
    folder = _folder(jobs) / name
    calls = [RunInJob(job.run, sys.path) for job in jobs]
    with writable(folder, "paths.output_dir"):
        folder.mkdir(parents=True)
    executor = SlurmExecutor(folder, max_num_timeout=settings.max_num_timeout)
    executor.update_parameters(**settings.parameters(name, gpus))
    earlier = [job.record_left() for job in jobs]  # before: a job may fail within the time of a submission
    with _without_a_jobs_environment(), _refusals_explained(len(jobs)):
        identifiers = [job.job_id for job in executor.submit_array(calls)]
    submitted = []
    for job, identifier, record in zip(jobs, identifiers, earlier, strict=True):
        submitted.append(Submitted(identifier, name, str(folder), record.ended if record else None))
        _remember(job, submitted[-1])
    return submitted


def submitted_before(job: Job, queued: Mapping[str, str]) -> Submitted | None:
    """Return the job of an earlier sweep that is still queued for the same run; None if there is none.

    Args:
        job: of this sweep.
        queued: the names of this user's jobs by SLURM's identifier.
    """
    try:
        known = Submitted(**json.loads(_memory(job).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return known if queued.get(known.identifier) == known.name else None


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
    """Hide what SLURM says to jobs, where the sweep itself is started in one: sbatch would take it over."""
    kept: dict[str, Any] = {name: os.environ[name] for name in ("SLURM_CONF",) if name in os.environ}
    with clean_env(), environment_variables(**kept):
        yield


@contextlib.contextmanager
def _refusals_explained(jobs: int) -> Iterator[None]:
    """Turn a refusal of sbatch into one line."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # submitit prints it as well
            yield
    except (FailedJobError, FailedSubmissionError, OSError) as error:
        reason = (str(error).strip() or repr(error)).splitlines()[-1]
        hint = "; hydra.sweeper.max_batch_size= submits fewer at once" if "array" in reason else ""
        raise UserError(f"SLURM takes none of {jobs} jobs: {reason}{hint}") from error
