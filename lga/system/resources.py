"""Memory and disk of this machine: what is free, and what this process took at most."""

import os
import shutil
import sys
from pathlib import Path

from lga.system.errors import UserError

SPARE = 2**28  # bytes of a disk that stay free

# Of the two versions of cgroups: limit, what is used, and in `memory.stat` what of that can be dropped.
_CGROUP_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available_memory(root: Path = Path("/")) -> int:
    """Return the bytes that may be taken: what the system calls available, within the limits of cgroups.

    Where the system does not say, as outside Linux, it is all the memory that there is.
    """
    available = _fields(root / "proc/meminfo").get("MemAvailable")
    if available is None:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([1024 * available, *_left_by_cgroups(root)])


def resident_peak() -> int:
    """Return the bytes that this process had in memory at most, pages of files too."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def free_bytes(folder: Path) -> int:
    """Return how much may be written below ``folder``, which need not exist yet."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    return max(0, shutil.disk_usage(there).free - SPARE)


def check_room(folder: Path, needed: int) -> None:
    """Raise a UserError unless ``needed`` bytes may be written below ``folder``."""
    free = free_bytes(folder)
    if needed > free:
        raise UserError(
            f"{folder}: {needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free; "
            "make room, or choose another folder with --data-dir"
        )


def _left_by_cgroups(root: Path) -> list[int]:
    """Return bytes that each cgroup with a limit leaves, from this process's own up to the outermost."""
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
