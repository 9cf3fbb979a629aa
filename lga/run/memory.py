"""Memory of this machine and of its GPUs: what is free, and what a process took. Needs no torch until asked.

A process's own memory is less its pages of files: those are of libraries, which the jobs of a sweep have in
common, and the system can drop them.
"""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from lga.structures import UserError

SECONDS_BETWEEN_LOOKS = 0.1
_MIB = 2**20
# Of the two versions of cgroups: limit, what is used, and in `memory.stat` what of that can be dropped.
_CGROUP_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available_memory(root: Path = Path("/")) -> int:
    """Bytes that new processes may take: those that the system calls available, within cgroups' limits."""
    available = _fields(root / "proc/meminfo").get("MemAvailable")
    if available is None:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([1024 * available, *_left_by_cgroups(root)])


@dataclass(frozen=True)
class GpuMemory:
    """Bytes of a GPU's memory that its driver counts as used and as free."""

    used: int
    free: int


def gpu_memory(gpu: str) -> GpuMemory:
    """Memory of a GPU, by its index or name, of all processes together; UserError where nobody tells."""
    query = [f"--id={gpu}", "--query-gpu=memory.used,memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(["nvidia-smi", *query], capture_output=True, text=True, timeout=30, check=False)
        used, free = (int(number) * _MIB for number in told.stdout.strip().split(","))
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise UserError(
            f"hydra.launcher.jobs_per_device=auto: nvidia-smi does not tell the memory of GPU {gpu}; "
            "give a number of jobs instead"
        ) from error
    return GpuMemory(used, free)


def taken_of_gpu(gpu: str, used_before: int) -> int:
    """Bytes that this process took of `gpu` at most, the driver's context included.

    `used_before` is the driver's count before there was one; nobody else may start or end there meanwhile.
    """
    import torch

    kept = torch.cuda.memory_reserved()
    given_back = torch.cuda.max_memory_reserved() - kept
    return max(gpu_memory(gpu).used - used_before, kept) + given_back


def resident_peak() -> int:
    """Bytes that this process had in memory at most, pages of files too."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class MemoryWatch:
    """Watches, as a context, what this process and those that it starts hold of their own, all the while.

    A process that vfork made has all of our memory as its own until it is the program that it is to be, which
    on a busy machine takes a while. So those that we start meanwhile are forked, and have what they write.

    Attributes:
        own: bytes that this process held at most.
        children: bytes of all that it started together, at most; 0 where the system does not tell.
    """

    def __init__(self) -> None:
        self.own = 0
        self.children = 0
        self._highest = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory watch", daemon=True)

    def __enter__(self) -> "MemoryWatch":
        self._vfork, subprocess._USE_VFORK = subprocess._USE_VFORK, False  # type: ignore[misc]
        self._look_at_us()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._look_at_us()
        subprocess._USE_VFORK = self._vfork  # type: ignore[misc]

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            self._look_at_us()
            self.children = max(self.children, 1024 * sum(map(_written_kilobytes, _children())))

    def _look_at_us(self) -> None:
        """The highest mark counts pages of files: those of when it rose, since the system may drop them."""
        status = _fields(Path("/proc/self/status"))
        if "VmHWM" not in status:
            self.own = resident_peak()
        elif status["VmHWM"] > self._highest:
            self._highest = status["VmHWM"]
            self.own = max(self.own, 1024 * (self._highest - status.get("RssFile", 0)))
        self.own = max(self.own, 1024 * (status.get("RssAnon", 0) + status.get("RssShmem", 0)))


def _children() -> list[str]:
    try:
        lists = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
    except OSError:  # a thread has ended meanwhile
        return []
    return " ".join(lists).split()


def _written_kilobytes(process: str) -> int:
    """What a process has written since it was forked; the rest it shares."""
    return _fields(Path(f"/proc/{process}/smaps_rollup")).get("Private_Dirty", 0)


def _left_by_cgroups(root: Path) -> list[int]:
    """Bytes that each cgroup with a limit leaves, from this process's own up to the outermost."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    left = []
    for _, controllers, path in (line.split(":", 2) for line in lines if line.count(":") >= 2):
        if controllers and "memory" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("memory" if controllers else "")
        own = Path(path.lstrip("/"))
        left += [room for folder in (own, *own.parents) if (room := _left_in(top / folder)) is not None]
    return left


def _left_in(cgroup: Path) -> int | None:
    for limit_file, used_file, droppable in _CGROUP_FILES:
        try:
            limit = (cgroup / limit_file).read_text().strip()
            used = int((cgroup / used_file).read_text())
        except (OSError, ValueError):
            continue
        if limit.isdigit():
            return max(int(limit) - used + _fields(cgroup / "memory.stat").get(droppable, 0), 0)
    return None


def _fields(path: Path) -> dict[str, int]:
    """Numbers by name, of a file with lines such as `MemFree:  12 kB` or `inactive_file 12`."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    words = [line.split() for line in lines]
    return {each[0].rstrip(":"): int(each[1]) for each in words if len(each) > 1 and each[1].isdigit()}
