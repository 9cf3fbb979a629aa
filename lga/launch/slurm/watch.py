"""Run a sweep on SLURM: submit what is not submitted yet, and watch until every run has a record.

A run has ended well if its folder, on a file system that the nodes share, has its finished record; SLURM's
own state says only how it was lost. A sweep that is stopped, or killed, loses nothing: its jobs go on, and
the same command finds them again by what was written into the runs' folders.

SLURM's controller is asked for its jobs; accounting (`sacct`) is not needed. A job's identifier is `17`, or
`17_3` for the element of an array.
"""

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import NamedTuple

from lga.launch.slurm.submission import (
    SlurmSettings,
    Submitted,
    one_sweep_at_a_time,
    submit,
    submitted_before,
)
from lga.launch.sweep import Job, SweepProgress, settled_before
from lga.run.machine.failures import SIGNALLED, killed_by, what_to_lower
from lga.system.errors import UserError

COMMANDS = ("sbatch", "srun", "squeue", "scontrol", "sinfo")
ANSWER_SECONDS = 60.0
POLL_SECONDS, MOST_POLL_SECONDS, POLL_GROWTH = 2.0, 30.0, 1.3
MOST_SILENT_SECONDS = 900.0
# A record may be seen late on a network file system, but not of a job that SLURM has seen die.
SECONDS_FOR_RECORD, SECONDS_FOR_RECORD_OF_LOST = 60.0, 5.0
_OUT_OF_MEMORY = "OUT_OF_MEMORY"
_LOST = ("CANCELLED", "TIMEOUT", "NODE_FAIL", _OUT_OF_MEMORY, "PREEMPTED", "BOOT_FAIL", "DEADLINE", "REVOKED")
_OF_SLURM = ("srun: ", "slurmstepd: ")  # in a job's output
_USUAL_REASONS = ("None", "Priority", "Resources", "JobArrayTaskLimit", "BeginTime", "Cleaning")


class SilentError(UserError):
    """The controller gave no answer, for now at least."""


class Queued(NamedTuple):
    """A job that is waiting, running or on its way to either.

    Attributes:
        state: such as PENDING, RUNNING, COMPLETING.
        reason: why it waits.
        name: the job's name, which a sweep's jobs share.
    """

    state: str
    reason: str
    name: str


class Ended(NamedTuple):
    """How a job ended: SLURM's state, such as FAILED or CANCELLED, and the exit status of its script.

    `exit_status` is negative where a signal ended the process, as in `subprocess`.
    """

    state: str
    exit_status: int


def check_commands() -> None:
    """Raise UserError where SLURM's commands are not."""
    if missing := [command for command in COMMANDS if shutil.which(command) is None]:
        raise UserError(
            f"hydra/launcher=slurm: {', '.join(missing)} cannot be found on PATH; start the sweep on a "
            "machine of a SLURM cluster, or leave the launcher out"
        )


def queued_jobs() -> dict[str, Queued]:
    """Return this user's jobs that have not ended, by identifier; raise SilentError if none can be listed."""
    lines = _ask("squeue", "--noheader", "--array", f"--user={os.getuid()}", "--format=%i|%T|%r|%j")
    entries = (line.strip().split("|", 3) for line in lines.splitlines() if line.count("|") >= 3)
    return {identifier: Queued(*rest) for identifier, *rest in entries}


def ended_job(identifier: str) -> Ended | None:
    """Return how a job ended; None if the controller has forgotten it, as it does after some minutes."""
    try:
        job = _ask("scontrol", "--oneliner", "show", "job", identifier)
    except SilentError:
        return None
    state = re.search(r"\bJobState=(\w+)", job)
    exit_code = re.search(r"\bExitCode=(\d+):(\d+)", job)
    if state is None or exit_code is None:
        return None
    status, signal = int(exit_code[1]), int(exit_code[2])
    if signal or status > SIGNALLED:
        return Ended(state[1], -(signal or status - SIGNALLED))
    return Ended(state[1], status)


def has_gpus(partition: str | None) -> bool:
    """Return whether a node of `partition` (None: the default one) has GPUs that can be asked for."""
    lines = [line.split("|", 1) for line in _ask("sinfo", "--noheader", "--format=%P|%G").splitlines()]
    names = partition.split(",") if partition else [line[0] for line in lines if line[0].endswith("*")]
    wanted = {name.rstrip("*") for name in names}
    return any("gpu" in line[-1] for line in lines if line[0].rstrip("*") in wanted)


def _ask(*command: str) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SilentError(f"{command[0]}: {error}") from error
    if answer.returncode != 0:
        message = (answer.stderr.strip() or f"exit status {answer.returncode}").splitlines()[-1]
        raise SilentError(message if message.startswith(command[0]) else f"{command[0]}: {message}")
    return answer.stdout


@dataclass
class Watched:
    """A job of the sweep and the job of SLURM that trains it, which may have left the queue some time ago."""

    job: Job
    submitted: Submitted
    gone_since: float | None = None
    ended: bool = False


def run_on_slurm(jobs: list[Job], progress: SweepProgress, settings: SlurmSettings) -> None:
    """Run `jobs` on the cluster; raise UserError where there is none, or it does not take them."""
    if printing := [job.run.config["mode"]["name"] for job in jobs if not job.trains]:
        raise UserError(f"hydra/launcher=slurm: mode={printing[0]} prints here; only mode=train is for SLURM")
    check_commands()
    with one_sweep_at_a_time(jobs):
        watched = _submitted(jobs, progress, settings)
    try:
        _watch(watched, progress)
    except KeyboardInterrupt:
        names = ",".join(sorted({entry.submitted.name for entry in watched if not entry.ended}))
        progress.note(
            f"SLURM: {progress.left} go on unwatched; the same command watches them again, "
            f"scancel --name={names} ends them"
        )
        raise


def _submitted(jobs: list[Job], progress: SweepProgress, settings: SlurmSettings) -> list[Watched]:
    """Return the jobs of SLURM that train `jobs`: those of earlier sweeps, and new ones for the others."""
    names = {identifier: entry.name for identifier, entry in queued_jobs().items()}
    left = [job for job in jobs if not settled_before(job, progress)]  # another sweep's may just have ended
    before = [(job, submitted_before(job, names)) for job in left]
    watched = [Watched(job, submitted) for job, submitted in before if submitted is not None]
    if watched:
        progress.note(f"SLURM: of an earlier sweep, {len(watched)} wait or run, and are watched")
    new = [job for job, submitted in before if submitted is None]
    if new:
        submitted = submit(new, settings, _gpus(new, settings))
        watched += [Watched(job, entry) for job, entry in zip(new, submitted, strict=True)]
        first, last = submitted[0].identifier, submitted[-1].identifier
        numbers = f"job {first}" if len(new) == 1 else f"jobs {first} to {last}"
        progress.note(f"SLURM: {numbers} submitted: squeue --name={submitted[0].name}")
    return watched


def _gpus(jobs: list[Job], settings: SlurmSettings) -> int:
    """Return a job's GPUs: as the settings say, else as many as the runs want if the partition has any."""
    if settings.gpus_per_node is not None:
        return settings.gpus_per_node
    trainers = [job.run.config["trainer"] for job in jobs]
    wanted = max((trainer["devices"] for trainer in trainers if trainer["accelerator"] != "cpu"), default=0)
    return wanted if wanted and has_gpus(settings.partition) else 0


def _watch(watched: list[Watched], progress: SweepProgress) -> None:
    """Report each job that has ended, until all have."""
    left = list(watched)
    pause, answered = POLL_SECONDS, time.monotonic()
    states: dict[str, str] = {}
    reasons: set[str] = set()
    while left:
        try:
            queue = queued_jobs()
            answered = time.monotonic()
        except SilentError as error:
            if time.monotonic() - answered > MOST_SILENT_SECONDS:
                raise UserError(
                    f"{error}; the jobs may go on, the same command watches them again"
                ) from error
            time.sleep(pause)
            continue
        seen = {entry.submitted.identifier: queue.get(entry.submitted.identifier) for entry in left}
        _tell_why_jobs_wait(seen, reasons, progress)
        running = {name for name, entry in seen.items() if entry is not None and entry.state == "RUNNING"}
        progress.workers = max(len(running), 1 if running else progress.workers)
        progress.show_running(entry.job for entry in left if entry.submitted.identifier in running)
        for entry in left:
            _look_at(entry, seen[entry.submitted.identifier], progress)
        left = [entry for entry in left if not entry.ended]
        now = {identifier: entry.state if entry else "gone" for identifier, entry in seen.items()}
        pause = POLL_SECONDS if now != states else min(pause * POLL_GROWTH, MOST_POLL_SECONDS)
        states = now
        if left:
            time.sleep(pause)


def _tell_why_jobs_wait(seen: dict[str, Queued | None], reported: set[str], progress: SweepProgress) -> None:
    waiting = {entry.reason for entry in seen.values() if entry is not None and entry.state == "PENDING"}
    for reason in sorted(waiting - reported - set(_USUAL_REASONS)):
        reported.add(reason)
        progress.note(f"SLURM: jobs wait: {reason}")


def _look_at(entry: Watched, queued: Queued | None, progress: SweepProgress) -> None:
    """Set whether the job has ended; if so, set how and report it."""
    job = entry.job
    record = job.record_left()
    if record is not None and record.status == "finished":
        job.score, job.seconds = record.score, record.seconds
    elif queued is not None:
        entry.gone_since = None
        return
    elif record is not None and record.ended != entry.submitted.earlier:
        job.error = record.error or "failed"
    else:
        entry.gone_since = entry.gone_since or time.monotonic()
        job.error = _lost_after(entry, time.monotonic() - entry.gone_since)
        if job.error is None:
            return
    entry.ended = True
    log = job.folder.log if job.folder.log.is_file() else entry.submitted.paths.stdout
    progress.ended(job.name, job.error, job.score, job.seconds, log)


def _lost_after(entry: Watched, seconds: float) -> str | None:
    """Say how a job without a record was lost, gone for `seconds`; None while a record may still appear."""
    identifier = entry.submitted.identifier
    ended = ended_job(identifier)
    lost = ended is not None and (ended.state in _LOST or ended.exit_status != 0)
    if seconds < (SECONDS_FOR_RECORD_OF_LOST if lost else SECONDS_FOR_RECORD):
        return None
    if raised := _raised_in_job(entry.submitted):
        how = raised
    elif ended is None or not lost:
        how = "ended and left no record"
    elif ended.state == _OUT_OF_MEMORY:
        how = f"{ended.state}: raise hydra.launcher.mem, or {what_to_lower(entry.job.run.config)}"
    elif ended.state in _LOST:
        how = ended.state
    elif ended.exit_status < 0:
        how = killed_by(-ended.exit_status, entry.job.run.config)
    else:
        how = f"ended with exit status {ended.exit_status} and left no record"
    return f"{how} (SLURM job {identifier})"


def _raised_in_job(submitted: Submitted) -> str | None:
    """Return the last line of what was raised outside of the training, as by a missing module."""
    try:
        lines = submitted.paths.stdout.read_text(errors="replace").splitlines()
    except OSError:
        return None
    own = [line for line in lines if line.strip() and not line.startswith(_OF_SLURM)]
    return own[-1] if any(line.startswith("Traceback ") for line in own) else None
