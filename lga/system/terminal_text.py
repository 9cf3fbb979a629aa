"""Text of foreign origin made fit for a terminal and a log: names of files and classes, errors."""

_INDENT = "\n    "


def printable(text: object) -> str:
    """The text with control characters, line breaks and undecodable bytes escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def printable_lines(text: object) -> str:
    """The text line by line printable, all but the first indented: none can pass for a line of its own."""
    return _INDENT.join(printable(line.expandtabs(4)) for line in str(text).split("\n"))


def first_line(error: BaseException) -> str:
    """What an error says, up to its first line break; the kind of error if it says nothing."""
    return printable(next(iter(str(error).strip().splitlines()), "") or type(error).__name__)
