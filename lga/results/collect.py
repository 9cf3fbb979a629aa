"""Finds and reads the run records below a folder; one that cannot be read is reported, the others stay."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from lga.results.scales import Scale, scale_of
from lga.run.folder.record import RunRecord, read_record
from lga.system.errors import UserError
from lga.system.terminal_text import first_line

RECORD = "result.json"
Read = TypeVar("Read")


def device_of(environment: Mapping[str, str | int | None]) -> str:
    """Return the GPU's name, else the processor's and how many cores there are; a record may lack both."""
    if environment.get("accelerator", "cpu") != "cpu":
        return str(environment["accelerator"])
    return f"{environment.get('cores')} cores, {environment.get('cpu')}"


@dataclass(frozen=True)
class CollectedRun:
    """One run's record and the folder it lies in."""

    folder: Path
    record: RunRecord

    @cached_property
    def scale(self) -> Scale:
        """What its numbers stand for."""
        return scale_of(self.record)

    @cached_property
    def origin(self) -> str:
        """The machine that it ran on and the revision of its code, `+` for one that was changed."""
        code = self.record.code
        commit = f"{str(code.get('commit'))[:8]}{'+' if code.get('dirty') else ''}"
        return f"{device_of(self.record.environment)}, at {commit}"

    @property
    def score(self) -> float | None:
        """What the task is judged by, percent; None of a run that failed."""
        return self.record.score

    @property
    def network(self) -> str:
        """Backbone, and the detector on it if there is one."""
        cell = self.record.cell
        return cell.backbone if cell.detector == "none" else f"{cell.backbone} + {cell.detector}"


@dataclass(frozen=True)
class Problem:
    """A file that could not be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Collection:
    """All runs below `root`, sorted by cell, scale, seed and folder, and what could not be read."""

    root: Path
    runs: tuple[CollectedRun, ...]
    problems: tuple[Problem, ...]


def collect(root: Path) -> Collection:
    """Read every `result.json` below `root`; raise UserError if `root` is no folder."""
    if not root.is_dir():
        raise UserError(
            f"{root}: no such folder; run a cell first (python run.py) or name another with --runs"
        )
    runs: list[CollectedRun] = []
    problems: list[Problem] = []
    for folder in _run_folders(root, problems):
        path = folder / RECORD
        if run := attempt(_run, path, problems):
            runs.append(run)
    return Collection(root, tuple(sorted(runs, key=_position)), tuple(problems))


def _run(path: Path) -> CollectedRun:
    str(path).encode()  # a page of all names is UTF-8
    run = CollectedRun(path.parent, read_record(path))
    _position(run)
    return run


def attempt(reader: Callable[[Path], Read], path: Path, problems: list[Problem]) -> Read | None:
    """Return what `reader` finds at `path`; None, and a problem more, if it cannot be read."""
    try:
        return reader(path)
    except UserError as error:
        problems.append(Problem(path, str(error).removeprefix(f"{path}: ")))
    except Exception as error:  # whatever is wrong with one run, the others stay
        reason = error.strerror if isinstance(error, OSError) else None
        problems.append(Problem(path, reason or f"{type(error).__name__}: {first_line(error)}"))
    return None


def _run_folders(root: Path, problems: list[Problem]) -> Iterator[Path]:
    """Folders that hold a record; nothing below one is looked at, so checkpoints cost no time."""
    pending = [str(root)]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except OSError as error:
            problems.append(Problem(Path(folder), error.strerror or str(error)))
            continue
        if any(entry.name == RECORD for entry in found):
            yield Path(folder)
        else:
            pending.extend(entry.path for entry in found if entry.is_dir(follow_symlinks=False))


def _position(run: CollectedRun) -> tuple[str | int, ...]:
    cell = run.record.cell
    return (cell.dataset, run.network, cell.attention, run.scale, cell.seed, str(run.folder))
