"""What a process and those it started hold, read from /proc: memory, open files, threads, children."""

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
KIB = 1024


@dataclass(frozen=True)
class Held:
    """What one process holds: bytes of memory that no file backs, open files, threads, children."""

    memory: int
    files: int
    threads: int
    children: int


def held(pid: int) -> Held | None:
    """What the process holds now; None if it has ended."""
    try:
        folder = PROC / str(pid)
        status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines())
        return Held(
            memory=int(status["RssAnon"].split()[0]) * KIB,
            files=sum(1 for _ in (folder / "fd").iterdir()),
            threads=int(status["Threads"]),
            children=len(children(pid)),
        )
    except (OSError, KeyError):  # a zombie has no memory
        return None


def children(pid: int) -> list[int]:
    """Processes that `pid` started and has not reaped; those that ended are among them."""
    return [child for child, parent, _ in _stats() if parent == pid]


def in_session(leader: int) -> list[int]:
    """Processes of the session that `leader` leads or led."""
    return [pid for pid, _, session in _stats() if session == leader]


def command_of(pid: int) -> str:
    """The command line, empty if it has ended."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _stats() -> list[tuple[int, int, int]]:
    """Of every process its id, its parent's, and its session's."""
    found = []
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found.append((int(folder.name), int(after_name[1]), int(after_name[3])))
    return found
