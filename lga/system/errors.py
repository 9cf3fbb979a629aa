"""The errors of a user's mistake and of a damaged file: shown as one line, without a traceback."""

import sys
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec

from lga.system.secrets import without_secrets
from lga.system.terminal_text import printable


class UserError(ValueError):
    """A mistake of the user's: its message says in one line what is wrong, where, and what to do.

    What a file or a server put into the message can neither begin a line nor steer a terminal, and it holds
    no secret.
    """

    def __str__(self) -> str:
        return printable(without_secrets(super().__str__()))


def in_one_line(main: Callable[[], int]) -> Callable[[], int]:
    """Let a script's `main` print a UserError as one line and return 2."""

    @wraps(main)
    def run() -> int:
        try:
            return main()
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2

    return run


class DamagedFileError(UserError):
    """A file of ours whose content is not what was written; nothing of it was used."""


def require_extra(extra: str, needed_by: str, *modules: str) -> None:
    """Raise UserError unless the modules that an extra of this package brings are installed; imports none."""
    if missing := [module for module in modules if find_spec(module) is None]:
        raise UserError(f"{needed_by} needs {', '.join(missing)}: pip install 'lga[{extra}]'")
