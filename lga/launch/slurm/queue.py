"""What SLURM says of jobs, asked of its controller; accounting (`sacct`) is not needed.

A job's identifier is `17`, or `17_3` for the element of an array.
"""

import os
import re
import shutil
import subprocess
from typing import NamedTuple

from lga.system.errors import UserError

COMMANDS = ("sbatch", "srun", "squeue", "scontrol", "sinfo")
ANSWER_SECONDS = 60.0
SIGNALLED = 128  # a shell's exit status for a process that signal n ended is this + n


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
    """Raises UserError where SLURM's commands are not."""
    if missing := [command for command in COMMANDS if shutil.which(command) is None]:
        raise UserError(
            f"hydra/launcher=slurm: {', '.join(missing)} cannot be found on PATH; start the sweep on a "
            "machine of a SLURM cluster, or leave the launcher out"
        )


def queued_jobs() -> dict[str, Queued]:
    """This user's jobs that have not ended, by identifier; raises SilentError."""
    lines = _ask("squeue", "--noheader", "--array", f"--user={os.getuid()}", "--format=%i|%T|%r|%j")
    entries = (line.strip().split("|", 3) for line in lines.splitlines() if line.count("|") >= 3)
    return {identifier: Queued(*rest) for identifier, *rest in entries}


def ended_job(identifier: str) -> Ended | None:
    """How a job ended; None if the controller has forgotten it, as it does after some minutes."""
    try:
        told = _ask("scontrol", "--oneliner", "show", "job", identifier)
    except SilentError:
        return None
    state = re.search(r"\bJobState=(\w+)", told)
    exit_code = re.search(r"\bExitCode=(\d+):(\d+)", told)
    if state is None or exit_code is None:
        return None
    status, signal = int(exit_code[1]), int(exit_code[2])
    if signal or status > SIGNALLED:
        return Ended(state[1], -(signal or status - SIGNALLED))
    return Ended(state[1], status)


def has_gpus(partition: str | None) -> bool:
    """Whether a node of `partition` (None: the default one) has GPUs that can be asked for."""
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
        told = (answer.stderr.strip() or f"exit status {answer.returncode}").splitlines()[-1]
        raise SilentError(told if told.startswith(command[0]) else f"{command[0]}: {told}")
    return answer.stdout
