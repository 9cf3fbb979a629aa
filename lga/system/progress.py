"""Shows on the error stream how far long work is: a bar on a terminal, else a line every few seconds."""

import sys
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Protocol, Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from lga.system.terminal_text import printable

LINE_EVERY_S = 10.0
T = TypeVar("T")


class Progress:
    """Counts what is done of one piece of work; use it as a context.

    Args:
        label: names the work, and begins each line.
        total: how many things; None where the number of bytes is not known yet.
        things: what they are, such as ``images cut``, or ``bytes``.
        summary: whether a last line says how long the work took.
    """

    def __init__(self, label: str, total: int | None, things: str, summary: bool = True) -> None:
        self._label, self._things, self._summary = printable(label), things, summary
        # Whether this is a terminal is not left to rich, which takes FORCE_COLOR for one.
        self._console = Console(
            stderr=True, force_terminal=sys.stderr.isatty(), soft_wrap=True, highlight=False, markup=False
        )
        counted = [TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + things)]
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *([DownloadColumn(), TransferSpeedColumn()] if things == "bytes" else counted),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # else what is printed to a file would go to the terminal
            disable=not self._console.is_terminal or self._console.is_dumb_terminal,
        )
        self._bar.add_task(self._label, total=total)
        (self._task,) = self._bar.tasks
        self._line_at = time.monotonic() + LINE_EVERY_S

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if kind is None and self._summary:
            self.note(f"{self._task.completed:,.0f} {self._things} in {self._task.elapsed or 0:.1f} s")

    def step(self) -> None:
        """Count one thing."""
        self.reach(int(self._task.completed) + 1)

    def reach(self, done: int, total: int | None = None) -> None:
        """Set how much is done, and in all where that is known only now."""
        self._bar.update(self._task.id, completed=done, total=total)
        if self._bar.disable and time.monotonic() >= self._line_at:
            self._line_at = time.monotonic() + LINE_EVERY_S
            of = "" if self._task.total is None else f" of {self._task.total:,.0f}"
            left = self._task.time_remaining
            self.note(f"{done:,}{of} {self._things}" + ("" if left is None else f", {left:.0f} s left"))

    def note(self, text: str) -> None:
        """Print a line."""
        self._console.print(f"{self._label}: {text}")


class Track(Protocol):
    """Hands out things one by one and shows how many were; ``doing`` says what is done with them."""

    def __call__(self, things: Sequence[T], doing: str) -> Iterable[T]:
        """Return the things."""


def track(things: Sequence[T], doing: str) -> Iterable[T]:
    """Yield the things and show how many were."""
    with Progress(doing, len(things), "done", summary=False) as progress:
        for thing in things:
            yield thing
            progress.step()


def untracked(things: Sequence[T], doing: str) -> Iterable[T]:
    """Return the things and show nothing."""
    return things
