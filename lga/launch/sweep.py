"""A sweep: jobs from configs frozen before the first one starts, each in a process of its own.

Finished cells are returned from their records without a process; an engine runs the others, on this machine
(`lga.launch.local`) or on a cluster (`lga.launch.slurm.watch`), and the loss of one job costs that job alone.

How far a sweep is: a line for each job that ended, and on a terminal a bar with the time left, and one for
each running job, which its metrics.csv moves.
"""

import csv
import os
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from hydra.core.utils import JobReturn, JobStatus, filter_overrides
from omegaconf import DictConfig, open_dict
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from lga.config.frozen_run import Cell, FilesSay, FrozenRun, freeze
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import RunRecord, read_record
from lga.run.preflight import WITH_WEIGHTS
from lga.system.errors import UserError
from lga.system.terminal_text import duration, printable

MOST_SHOWN = 8  # running jobs
Compose = Callable[[Sequence[str]], DictConfig]


class SweepProgress:
    """Counts done, cached and failed jobs and reports them; use as a context."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self.console = console or Console(soft_wrap=True, highlight=False)
        self.total = total
        self.workers = 1
        self.done = self.from_cache = 0
        self.failed: list[tuple[str, str, Path]] = []
        self.seconds: list[float] = []
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
        )
        self._bar = Progress(
            *columns, console=self.console, transient=True, disable=not self.console.is_terminal
        )
        self._task = self._bar.add_task("sweep", total=total, counts=self.counts())
        self._running: dict[str, TaskID] = {}

    def __enter__(self) -> "SweepProgress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if isinstance(error, UserError) and self.left == self.total:  # shown by itself, nothing ran
            return
        self.note(f"sweep: {self.counts()}")
        for name, reason, log in self.failed:
            self.note(f"failed: {name}: {reason}" + (f"; log: {log}" if os.path.exists(log) else ""))  # noqa: PTH110, False for odd names

    @property
    def left(self) -> int:
        """Jobs that have not ended yet."""
        return self.total - self.done - self.from_cache - len(self.failed)

    def cached(self, name: str, score: float | None, kept: Path | None = None, remark: str = "") -> None:
        """Report a cell that was finished before, and where its record is kept if nothing else is left."""
        self.from_cache += 1
        where = f", finished before (kept in {kept})" if kept else ""
        self._tell(f"cached  {name}{_scored(score)}{where}{remark}")

    def ended(self, name: str, error: str | None, score: float | None, seconds: float, log: Path) -> None:
        """Report a job that has just ended."""
        if error:
            self.failed.append((name, error, log))
            self._tell(f"failed  {name}: {error}")
        else:
            self.done += 1
            self.seconds.append(seconds)
            self._tell(f"done    {name}{_scored(score)} in {seconds:.0f} s")

    def counts(self) -> str:
        """Return done, cached, failed, left, and a guess of the time left."""
        text = f"{self.done} done, {self.from_cache} cached, {len(self.failed)} failed, {self.left} left"
        if self.seconds and self.left:
            text += f", about {duration(statistics.median(self.seconds) * self.left / self.workers)}"
        return text

    def show_running(self, jobs: Iterable["Job"]) -> None:
        """Show on a terminal how far each of the running jobs is."""
        if not self.console.is_terminal:
            return
        shown = {job.name: job.pace() for job in list(jobs)[:MOST_SHOWN]}
        for name in self._running.keys() - shown.keys():
            self._bar.remove_task(self._running.pop(name))
        for name, (epochs, total, text) in shown.items():
            if name not in self._running:
                self._running[name] = self._bar.add_task(escape(printable(name)), total=total, counts="")
            self._bar.update(self._running[name], completed=epochs, counts=text)

    def _tell(self, line: str) -> None:
        ended = self.total - self.left
        self.note(f"[{ended}/{self.total}] {line}")
        self._bar.update(self._task, completed=ended, counts=self.counts())

    def note(self, line: str) -> None:
        """Print a line."""
        self.console.print(escape(printable(line)))


def _scored(score: float | None) -> str:
    return "" if score is None else f" {score:.2f}"


class SweepError(UserError):
    """Some jobs of a sweep failed; which, and where their logs are, was reported before."""


@dataclass
class Job:
    """One job of a sweep and, once it has ended, how."""

    overrides: tuple[str, ...]
    run: FrozenRun
    apart: tuple[str, ...] = ()  # overrides in which it differs from the sweep's other jobs of the same cell
    folder: RunDirectory = field(init=False)
    error: str | None = None
    score: float | None = None
    seconds: float = 0.0
    reached: list[tuple[float, int]] = field(default_factory=list)  # running: when it had how many epochs

    def __post_init__(self) -> None:
        self.folder = RunDirectory(self.run)

    def pace(self) -> tuple[int, int, str]:
        """Return how many epochs of a running job have ended, of how many, and how it goes."""
        config, rows = self.run.config, list[dict[str, str]]()
        total = config["trainer"]["max_epochs"] or config["recipe"]["epochs"]
        with suppress(OSError, UnicodeDecodeError, csv.Error):
            rows = list(csv.DictReader(self.folder.metrics.read_text().splitlines()))
        done, now = len(rows), time.monotonic()
        if not self.reached or self.reached[-1][1] != done:
            self.reached = [*self.reached[:1], (now, done)]
        text = f"epoch {min(done + 1, total)} of {total}"
        if value := rows and rows[-1].get(monitor := config["task"]["monitor"]):
            text += f", {monitor.split('/', 1)[-1]} {float(value):.2f}"
        (began, before), (since, _) = self.reached[0], self.reached[-1]
        if done > before:
            left = (since - began) / (done - before) * (total - done) - (now - since)
            text += f", about {duration(max(left, 0))} left"
        return done, total, text

    @property
    def name(self) -> str:
        """The cell's, and what distinguishes the job from others of that cell."""
        return f"{self.run.cell} ({', '.join(self.apart)})" if self.apart else str(self.run.cell)

    @property
    def trains(self) -> bool:
        """Whether the job leaves a record; other modes print."""
        return bool(self.run.config["mode"]["name"] == "train")

    def record_left(self) -> RunRecord | None:
        """Return the record in the job's folder; None if there is none that can be read."""
        try:
            return read_record(self.folder.result) if self.folder.result.is_file() else None
        except UserError:
            return None


# Runs jobs to their ends, sets how each has ended, and reports that to the progress.
Engine = Callable[[list[Job], SweepProgress], None]


def launch_sweep(
    compose: Compose, job_overrides: Sequence[Sequence[str]], run_all: Engine
) -> list[JobReturn]:
    """Run one job for each list of overrides and return what Hydra's sweepers expect."""
    group = time.strftime("sweep-%Y%m%d-%H%M%S")
    known = dict[str, FilesSay]()
    jobs = [
        _freeze(compose(overrides), tuple(filter_overrides(list(overrides))), group, known)
        for overrides in job_overrides
    ]
    _tell_apart(jobs)
    with SweepProgress(len(jobs)) as progress:
        if len(jobs) > 1 and all(map(_takes_newest, jobs)):
            progress.note("no seed= is given: each cell takes its newest run, and their seeds may differ")
        if waiting := [job for job in jobs if not settled_before(job, progress)]:
            run_all(waiting, progress)
    failed = [job for job in jobs if job.error]
    error = SweepError(
        f"{len(failed)} of {len(jobs)} jobs failed, their logs are named above; "
        "the same command runs only those again"
    )
    return [_returned(job, error) for job in jobs]


def _takes_newest(job: Job) -> bool:
    """Return whether the job uses a trained cell whose run is not named, see `run_with_weights`."""
    mode, named = job.run.config["mode"], {override.split("=")[0] for override in job.overrides}
    return mode["name"] in WITH_WEIGHTS and not mode["checkpoint"] and "seed" not in named


def _freeze(cfg: DictConfig, overrides: tuple[str, ...], group: str, known: dict[str, FilesSay]) -> Job:
    with open_dict(cfg):
        cfg.logger.group = cfg.logger.group or group
    return Job(overrides, freeze(cfg, overrides, known))


def _tell_apart(jobs: Sequence[Job]) -> None:
    """Label jobs that share a cell with the overrides in which they differ."""
    cells: dict[Cell, list[Job]] = {}
    for job in jobs:
        cells.setdefault(job.run.cell, []).append(job)
    for same in cells.values():
        shared = set.intersection(*(set(job.overrides) for job in same))
        for job in same:
            job.apart = tuple(override for override in job.overrides if override not in shared)


def settled_before(job: Job, progress: SweepProgress) -> bool:
    """Return whether nothing is left to do for the job: its record is there, or stands in the way."""
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
    path, record, remark = done
    job.score = record.score
    progress.cached(job.name, record.score, None if path == job.folder.result else path, remark)
    return True


def _returned(job: Job, error: SweepError) -> JobReturn:
    returned = JobReturn(overrides=list(job.overrides), working_dir=str(job.folder.path))
    returned.status = JobStatus.FAILED if job.error else JobStatus.COMPLETED
    returned.return_value = error if job.error else job.score
    return returned
