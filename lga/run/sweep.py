"""A sweep: every job in a process of its own, from configs frozen before the first one starts.

The processes are forked from a server that has torch, torchvision, Lightning and W&B loaded, so that a job
starts at once; an exception, `sys.exit`, a segfault or a kill costs that job alone. Finished cells are
returned from their records without a process.
"""

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import Any

from hydra.core.utils import JobReturn, JobStatus, filter_overrides
from omegaconf import DictConfig, open_dict

from lga.run.devices import Slot, slots
from lga.run.directory import RunDirectory
from lga.run.identity import FrozenRun, freeze
from lga.run.record import RunRecord, read_record
from lga.run.sweep_progress import SweepProgress
from lga.structures import UserError

Compose = Callable[[Sequence[str]], DictConfig]
WAIT_SECONDS = 0.5
SECONDS_TO_TERMINATE = 5.0


class SweepError(UserError):
    """Some jobs of a sweep failed; which, and where their logs are, was told before."""


@dataclass
class Job:
    """One job of a sweep and, once it has ended, how."""

    overrides: tuple[str, ...]
    run: FrozenRun
    folder: RunDirectory = field(init=False)
    error: str | None = None
    score: float | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.folder = RunDirectory(self.run)

    @property
    def trains(self) -> bool:
        """Whether the job leaves a record; other modes print."""
        return bool(self.run.config["mode"]["name"] == "train")


def launch_sweep(
    compose: Compose, job_overrides: Sequence[Sequence[str]], jobs_per_device: int | None
) -> list[JobReturn]:
    """Runs one job for each list of overrides and returns what Hydra's sweepers expect."""
    group = time.strftime("sweep-%Y%m%d-%H%M%S")
    jobs = [
        _freeze(compose(overrides), tuple(filter_overrides(list(overrides))), group)
        for overrides in job_overrides
    ]
    with SweepProgress(len(jobs)) as progress:
        _run_all(jobs, _places(jobs, jobs_per_device), progress)
    failed = [job for job in jobs if job.error]
    error = SweepError(
        f"{len(failed)} of {len(jobs)} jobs failed, their logs are named above; "
        "the same command runs only those again"
    )
    return [_returned(job, error) for job in jobs]


def _places(jobs: list[Job], jobs_per_device: int | None) -> list[Slot]:
    trainers = [job.run.config["trainer"] for job in jobs]
    accelerator = str(trainers[0]["accelerator"]) if jobs else "cpu"
    most = max((trainer["devices"] for trainer in trainers), default=1)
    return slots(accelerator, jobs_per_device, len(jobs), most)


def _freeze(cfg: DictConfig, overrides: tuple[str, ...], group: str) -> Job:
    with open_dict(cfg):
        cfg.logger.group = cfg.logger.group or group
    return Job(overrides, freeze(cfg, overrides))


def _run_all(jobs: list[Job], free: list[Slot], progress: SweepProgress) -> None:
    waiting = deque(job for job in jobs if not _settled_before(job, progress))
    running: dict[Any, tuple[Any, Job, Slot, float]] = {}
    if not waiting:
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lga.run.preload"])
    progress.workers = len(free)
    with _children_end_with_us(running):
        while waiting or running:
            while waiting and free:
                job, slot = waiting.popleft(), free.pop()
                process = context.Process(target=_work, args=(job.run, slot, job.trains), daemon=False)
                process.start()
                running[process.sentinel] = (process, job, slot, time.monotonic())
            for sentinel in connection.wait(list(running), timeout=WAIT_SECONDS):
                process, job, slot, started = running.pop(sentinel)
                process.join()
                free.append(slot)
                job.seconds = time.monotonic() - started
                _settle(job, process.exitcode)
                progress.ended(str(job.run.cell), job.error, job.score, job.seconds, job.folder.log)


def _work(run: FrozenRun, slot: Slot, trains: bool) -> None:
    from lga.run.worker import work

    work(run, slot, trains)


def _settled_before(job: Job, progress: SweepProgress) -> bool:
    """Whether nothing is left to do for the job: its record is there, or stands in the way."""
    if not job.trains:
        return False
    try:
        record = job.folder.finished()
    except UserError as error:
        job.error = str(error)
        progress.ended(str(job.run.cell), job.error, None, 0.0, job.folder.log)
        return True
    if record is None:
        return False
    job.score = record.score
    progress.cached(str(job.run.cell), record.score)
    return True


def _settle(job: Job, exitcode: int) -> None:
    record = _record_left(job) if job.trains else None
    if exitcode == 0 and (record is None) != job.trains:
        job.score = record.score if record else None
    elif exitcode < 0:
        job.error = f"killed by {signal.Signals(-exitcode).name}"
    elif record is not None and record.status == "failed" and record.error:
        job.error = record.error
    else:
        job.error = f"ended with exit status {exitcode} and left no record"


def _record_left(job: Job) -> RunRecord | None:
    try:
        return read_record(job.folder.result) if job.folder.result.is_file() else None
    except UserError:
        return None


@contextmanager
def _children_end_with_us(running: dict[Any, tuple[Any, Job, Slot, float]]) -> Iterator[None]:
    """Ends what still runs when we are interrupted or terminated; checkpoints make that harmless."""

    def terminated(signum: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        processes = [entry[0] for entry in running.values()]
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(SECONDS_TO_TERMINATE)
            if process.is_alive():
                process.kill()


def _returned(job: Job, error: SweepError) -> JobReturn:
    returned = JobReturn(overrides=list(job.overrides), working_dir=str(job.folder.path))
    returned.status = JobStatus.FAILED if job.error else JobStatus.COMPLETED
    returned.return_value = error if job.error else job.score
    return returned
