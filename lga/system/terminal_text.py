"""Text of foreign origin made fit for a terminal and a log: names of files and classes, errors."""

from collections.abc import Sequence

_INDENT = "\n    "
_SHOWN = 3


def printable(text: object) -> str:
    """The text with control characters, line breaks and undecodable bytes escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def printable_lines(text: object) -> str:
    """The text line by line printable, all but the first indented: none can pass for a line of its own."""
    return _INDENT.join(printable(line.expandtabs(4)) for line in str(text).split("\n"))


def first_line(error: BaseException) -> str:
    """What an error says, up to its first line break; the kind of error if it says nothing."""
    return printable(next(iter(str(error).strip().splitlines()), "") or type(error).__name__)


def counted(what: str, entries: Sequence[str]) -> list[str]:
    """Return one phrase on the entries, the first few by name; nothing where there are none."""
    if not entries:
        return []
    more = f", and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return [f"{len(entries)} {what} ({', '.join(entries[:_SHOWN])}{more})"]
