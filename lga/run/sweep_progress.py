"""How far a sweep is: a line for each job that ended, and on a terminal a bar with the time left."""

import statistics
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from lga.system.errors import UserError
from lga.system.terminal_text import printable


class SweepProgress:
    """Counts done, cached and failed jobs and tells them; use as a context."""

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

    def __enter__(self) -> "SweepProgress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if isinstance(error, UserError) and self.left == self.total:  # told by itself, nothing ran
            return
        self._print(f"sweep: {self.counts()}")
        for name, reason, log in self.failed:
            self._print(f"failed: {name}: {reason}; log: {log}")

    @property
    def left(self) -> int:
        """Jobs that have not ended yet."""
        return self.total - self.done - self.from_cache - len(self.failed)

    def cached(self, name: str, score: float | None, kept: Path | None = None) -> None:
        """Tells of a cell that was finished before, and where its record is kept if nothing else is left."""
        self.from_cache += 1
        where = f", finished before (kept in {kept})" if kept else ""
        self._tell(f"cached  {name}{_scored(score)}{where}")

    def ended(self, name: str, error: str | None, score: float | None, seconds: float, log: Path) -> None:
        """Tells of a job that has just ended."""
        if error:
            self.failed.append((name, error, log))
            self._tell(f"failed  {name}: {error}")
        else:
            self.done += 1
            self.seconds.append(seconds)
            self._tell(f"done    {name}{_scored(score)} in {seconds:.0f} s")

    def note(self, line: str) -> None:
        """Tells something that counts nothing."""
        self._print(line)

    def counts(self) -> str:
        """Done, cached, failed, left, and a guess of the time left."""
        text = f"{self.done} done, {self.from_cache} cached, {len(self.failed)} failed, {self.left} left"
        if self.seconds and self.left:
            text += f", about {_duration(statistics.median(self.seconds) * self.left / self.workers)}"
        return text

    def _tell(self, line: str) -> None:
        ended = self.total - self.left
        self._print(f"[{ended}/{self.total}] {line}")
        self._bar.update(self._task, completed=ended, counts=self.counts())

    def _print(self, line: str) -> None:
        self.console.print(escape(printable(line)))


def _scored(score: float | None) -> str:
    return "" if score is None else f" {score:.2f}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
