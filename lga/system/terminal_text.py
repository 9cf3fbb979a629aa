"""Text of foreign origin made fit for a terminal and a log: names of files and classes, errors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_INDENT = "\n    "
_SHOWN = 3
REDIRECTED_WIDTH = 120


def printable(text: object) -> str:
    """Return the text with control characters, line breaks and undecodable bytes escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def printable_lines(text: object) -> str:
    """Return the text with printable lines, all but the first indented: none passes for one of its own."""
    return _INDENT.join(printable(line.expandtabs(4)) for line in str(text).split("\n"))


def first_line(error: BaseException) -> str:
    """Return what an error says, up to its first line break; the kind of error if it says nothing."""
    return printable(next(iter(str(error).strip().splitlines()), "") or type(error).__name__)


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def numbered(count: int, noun: str) -> str:
    """Return such as ``1 image`` and ``3 boxes``."""
    plural = "es" if noun.endswith("x") else "s"
    return f"{count:,} {noun}{plural * (count != 1)}"


def counted(what: str, entries: Sequence[str]) -> list[str]:
    """Return one phrase on the entries, the first few by name; nothing where there are none."""
    if not entries:
        return []
    more = f", and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return [f"{len(entries)} {what} ({', '.join(entries[:_SHOWN])}{more})"]


def with_fixed_width(console: "Console") -> "Console":
    """Give a console that is redirected to a file a width that does not depend on the machine."""
    if not console.is_terminal:
        console.width = REDIRECTED_WIDTH
    return console
