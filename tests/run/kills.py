"""Runs cells in processes of their own that are killed at a chosen point, whatever they are doing there.

A run's points are counted by phase: every operation on a file under its root that the interpreter's audit
hooks see (before it is done), every write to such a file (when half of it is written), every batch of
training and of judging. An undisturbed run tells its points; a kill names one of them.

Runs are forked from a process that has everything loaded, each the leader of a session, so that its loaders'
processes are its group.
"""

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from lga.config.frozen_run import FrozenRun

PREPARATION, TRAINING, CHECKPOINT, JUDGING, RECORD = PHASES = (
    "data preparation",
    "training",
    "checkpoint writing",
    "judging",
    "record writing",
)
WAYS = ("SIGKILL", "SIGTERM", "the group")
CHANGES = {"os.rename": 1, "os.remove": 0, "os.mkdir": 0, "os.rmdir": 0, "os.truncate": 0}  # -> its path
BATCHES = {
    "on_train_epoch_start": TRAINING,
    "on_train_batch_start": TRAINING,
    "on_train_batch_end": TRAINING,
    "on_validation_batch_start": JUDGING,
    "on_validation_batch_end": JUDGING,
    "on_validation_epoch_end": JUDGING,
    "on_test_batch_start": JUDGING,
    "on_test_batch_end": JUDGING,
    "on_test_epoch_end": JUDGING,
}


class Point(NamedTuple):
    """Where a run is: its phase, what it does, the file it does it to, and how often it did so before."""

    phase: str
    doing: str
    file: str = ""
    before: int = 0


class Kill(NamedTuple):
    """Ends a run at a point: by a signal to its process, or at once with all processes of its group."""

    point: Point
    way: str


class _Watch:
    """Counts the points of this process, and ends it at the one of `kill`."""

    def __init__(self, root: Path, kill: Kill | None) -> None:
        self.root = f"{root}{os.sep}"
        self.kill = kill
        self.process = os.getpid()  # the loaders' processes inherit all this, and are not counted
        self.points: list[Point] = []
        self.trains = False
        self._counts: dict[Point, int] = {}

    def reach(self, phase: str, doing: str, file: str = "", half: Callable[[], object] | None = None) -> None:
        """Counts a point; `half` does half of the thing, of which the other half is lost with the process."""
        if os.getpid() != self.process:
            return
        kind = Point(phase, doing, file)
        point = kind._replace(before=self._counts.get(kind, 0))
        self._counts[kind] = point.before + 1
        self.points.append(point)
        if self.kill is not None and self.kill.point == point:
            if half is not None:
                half()
            end_by(self.kill.way)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Sees an operation on a file, before it is done."""
        if event == "open":
            path, _, flags = arguments
            changes = bool(flags & (os.O_WRONLY | os.O_RDWR))
            if changes or not self.trains:
                self._on_file("open" if changes else "read", path)
        elif event in CHANGES:
            self._on_file(event, arguments[CHANGES[event]])

    def _on_file(self, doing: str, path: Any, half: Callable[[], object] | None = None) -> None:
        if isinstance(path, str | os.PathLike) and (name := self.relative(path)):
            self.reach(_phase(name), doing, name, half)

    def relative(self, path: str | os.PathLike[str]) -> str | None:
        """The path below the root, without the process's number in it; None if it is elsewhere."""
        text = os.fspath(path)
        if not isinstance(text, str) or not text.startswith(self.root):
            return None
        return text.removeprefix(self.root).replace(f".{self.process}.", ".PID.")

    def batch(self, hook: str) -> None:
        """Sees a hook of Lightning."""
        self.trains = True
        self.reach(BATCHES[hook], hook)

    def write(self, file: "_WatchedFile", data: Any) -> None:
        """Sees bytes or text, before they are written."""

        def half() -> None:
            file.whole.write(data[: len(data) // 2])
            file.whole.flush()

        self._on_file("write", file.path, half)


class _WatchedFile:
    """A file whose writes are points."""

    def __init__(self, whole: Any, path: Path, watch: _Watch) -> None:
        self.whole, self.path, self.watch = whole, path, watch

    def write(self, data: Any) -> int:
        self.watch.write(self, data)
        return int(self.whole.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def __enter__(self) -> "_WatchedFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.whole.close()


def _phase(name: str) -> str:
    if not name.startswith("runs/"):
        return PREPARATION
    if "/checkpoints/" in name:
        return CHECKPOINT
    if "/pictures" in name or name.endswith(("curves.json", "curves.json.PID.tmp")):
        return JUDGING
    if any(part in name for part in ("metrics.csv", "instruments.json")):
        return TRAINING
    return RECORD  # the record, and what says whose it is: config, hash, lock, log


def end_by(way: str) -> None:
    """Ends this process."""
    if way == "the group":
        os.killpg(0, signal.SIGKILL)
    else:
        os.kill(os.getpid(), signal.Signals[way])


def _watch(watch: _Watch) -> None:
    from lga.run.callbacks.history import MetricsHistory

    sys.addaudithook(watch.audit)
    for hook in BATCHES:
        setattr(MetricsHistory, hook, lambda *_, hook=hook, **__: watch.batch(hook))
    opened = Path.open

    def open_watched(path: Path, mode: str = "r", *arguments: Any, **settings: Any) -> Any:
        file = opened(path, mode, *arguments, **settings)
        return _WatchedFile(file, path, watch) if set(mode) & set("wxa") and watch.relative(path) else file

    Path.open = open_watched
    pwrite = os.pwrite

    def pwrite_watched(descriptor: int, data: Any, offset: int) -> int:
        path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
        watch._on_file("write", path, lambda: pwrite(descriptor, bytes(data)[: len(data) // 2], offset))
        return pwrite(descriptor, data, offset)

    os.pwrite = pwrite_watched


def _run(run: FrozenRun, root: Path, kill: Kill | None, message: Path) -> NoReturn:
    """What the forked process does, to its end."""
    from lga.run.execute import execute

    os.setsid()
    watch = _Watch(root, kill)
    _watch(watch)
    status = 1
    try:
        execute(run)
        status = 0
    except SystemExit:
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        message.write_bytes(pickle.dumps(watch.points))
        sys.stdout.flush()
        os._exit(status)


def _serve(requests: Connection) -> None:
    multiprocessing.set_start_method(None, force=True)  # not ours, of which the loaders' would be spawned too
    _load()
    while True:
        run, root, kill = requests.recv()
        message = root.with_name(f"{root.name}.points")
        message.unlink(missing_ok=True)
        if (process := os.fork()) == 0:
            _run(run, root, kill, message)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        points = pickle.loads(message.read_bytes()) if message.is_file() else []
        requests.send((process, status, points))


def _load() -> None:
    """Loads what a cell would load when it needs it."""
    import cv2  # noqa: F401
    import sklearn.datasets  # noqa: F401

    from lga.run.devices.processes import PRELOADED
    from lga.run.machine.environment import code_state

    for name in PRELOADED:
        __import__(name)

    code_state()  # of all runs the same, though somebody may be editing the code


class Ended(NamedTuple):
    """How a run's process ended: its number, its status (a signal's is negative), the points it reached."""

    process: int
    status: int
    points: list[Point]


class Killable:
    """Runs cells one after the other in processes of their own; see `killable`."""

    SECONDS = 240

    def __init__(self, requests: Connection) -> None:
        self._requests = requests

    def run(self, run: FrozenRun, root: Path, kill: Kill | None = None) -> Ended:
        """Runs a cell that writes below `root` to its end, or to the end that `kill` makes of it."""
        self._requests.send((run, root, kill))
        if not self._requests.poll(self.SECONDS):
            raise TimeoutError(f"{run.cell}: not ended after {self.SECONDS} s, {kill}")
        return Ended(*self._requests.recv())


@contextlib.contextmanager
def killable() -> Iterator[Killable]:
    """Starts the process that runs are forked from."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    server.start()
    theirs.close()
    try:
        yield Killable(ours)
    finally:
        server.kill()
        server.join()


def is_gone(group: int, seconds: float = 15) -> bool:
    """Whether no process of the group is left, or none soon: loaders look for their parent every 5 s."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(_group_of(path) == group for path in Path("/proc").iterdir() if path.name.isdigit()):
            return True
        time.sleep(0.1)
    return False


def _group_of(process: Path) -> int | None:
    try:
        state, _, group, *_ = (process / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(group)
