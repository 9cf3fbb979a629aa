"""Terminals: how wide to print where there is none."""

from rich.console import Console

REDIRECTED_WIDTH = 120


def with_fixed_width(console: Console) -> Console:
    """Give a console that is redirected to a file a width that does not depend on the machine."""
    if not console.is_terminal:
        console.width = REDIRECTED_WIDTH
    return console
