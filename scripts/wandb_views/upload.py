"""Uploads runs that W&B logged offline, each once, by wandb's own `sync` command.

A run counts as uploaded when `<file>.wandb.synced` lies beside its `<file>.wandb`: wandb writes that at the
end of an upload that succeeded, and skips such a run itself. What was sent of an interrupted upload wandb
keeps in `<file>.wandb.syncstate`, and goes on from there. The exit status of `wandb sync` means nothing:
it is 0 also for runs that were refused. It tries for ever while the server is away, hence the time limit.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from lga.run.callbacks.wandb_logger import reachable
from lga.system.errors import UserError
from lga.system.files import writable
from lga.system.terminal_text import printable

COMMAND = (sys.executable, "-m", "wandb", "sync", "--yes")
LOCK = ".wandb-sync.lock"
RUN_LOCK_DEPTH = 3  # <run>/wandb/wandb/offline-run-.../run-....wandb, and <run>/.lock


@dataclass
class Count:
    """Offline runs by what became of them."""

    uploaded: int = 0
    before: int = 0
    running: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return (
            f"{self.uploaded} uploaded, {self.before} uploaded before, "
            f"{self.running} still running, {self.failed} failed"
        )


def upload_offline_runs(root: Path, seconds: float, say: Callable[[str], object] = print) -> Count:
    """Upload every offline run below `root` that is not, at most `seconds` for each.

    A run that fails is reported and does not stop the others; one that still trains is left for later.

    Raises:
        UserError: `root` is no folder or cannot be written in, or another upload is at work in it.
    """
    if not root.is_dir():
        raise UserError(
            f"{root}: no such folder; run a cell first (python run.py) or name another with --runs"
        )
    count = Count()
    with _alone(root):
        for file in offline_runs(root):
            if is_uploaded(file):
                count.before += 1
            elif _is_running(file):
                count.running += 1
                say(f"still running, left for later: {printable(file)}")
            elif reason := _upload(file, seconds):
                count.failed += 1
                say(f"failed: {printable(file)}: {reason}")
            else:
                count.uploaded += 1
                say(f"uploaded: {printable(file)}")
    return count


def offline_runs(root: Path) -> list[Path]:
    """Return the `.wandb` files in folders `offline-run-*` below `root`, sorted; links are not followed."""
    found = []
    for folder, inner, files in os.walk(root):
        if Path(folder).name.startswith("offline-run-"):
            inner.clear()
            found += [Path(folder, name) for name in files if name.endswith(".wandb")]
    return sorted(found)


def is_uploaded(file: Path) -> bool:
    """Whether wandb has marked the run as uploaded."""
    return file.with_name(f"{file.name}.synced").exists()


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with writable(root, "--runs"):
        lock = FileLock(root / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UserError(f"{root}: another upload is at work here; wait for it to end") from None
    try:
        yield
    finally:
        lock.release()


def _is_running(file: Path) -> bool:
    """Whether a process holds the lock of the run's folder: an upload would be marked before its end."""
    path = file.parents[RUN_LOCK_DEPTH] / ".lock"
    if not path.is_file():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _upload(file: Path, seconds: float) -> str | None:
    """Why the run is not uploaded; None if it is."""
    if not reachable():
        return "the server cannot be reached"
    with tempfile.TemporaryFile() as output:  # no pipe: a process left behind would keep it open
        status = _wandb_sync(file.resolve(), seconds, output)
        if is_uploaded(file):
            return None
        if status is None:
            return f"not done within {seconds:.0f} s; the next try goes on from there (--timeout allows more)"
        output.seek(0)
        lines = output.read().decode(errors="replace").strip().splitlines()
    return printable(lines[-1]) if lines else f"wandb sync ended with status {status} and without a word"


def _wandb_sync(file: Path, seconds: float, output: IO[bytes]) -> int | None:
    """Return the command's exit status, None if its time was up; it takes wandb-core down with it."""
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_MODE"}
    environment["WANDB_DIR"] = str(file.parents[2])  # where it writes its own log
    process = subprocess.Popen(
        [*COMMAND, str(file)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
