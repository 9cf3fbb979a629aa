"""How much memory this process may still take: what the machine has, within the limit of its container."""

import os
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
# Of version 2 and 1: limit, what is taken, and how the part of it that is only a copy of files is named.
CONTROL_GROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), "memory.current", "inactive_file"),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), "memory.usage_in_bytes", "total_inactive_file"),
)


def free_memory() -> int:
    """Return the number of bytes that can be taken without anything being moved to disk.

    Where the system does not say, as outside Linux, it is all the memory that there is.
    """
    return min([_of_machine(), *(_of_group(*group) for group in CONTROL_GROUPS if group[0].is_file())])


def _of_machine() -> int:
    if not MEMINFO.is_file():
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 1024 * _fields(MEMINFO)["MemAvailable:"]


def _of_group(limit: Path, taken: str, copies: str) -> int:
    most = limit.read_text().strip()
    if most == "max":
        return _of_machine()
    needed = int(limit.with_name(taken).read_text()) - _fields(limit.with_name("memory.stat"))[copies]
    return int(most) - needed


def _fields(path: Path) -> dict[str, int]:
    return {name: int(number) for name, number, *_ in map(str.split, path.read_text().splitlines())}
