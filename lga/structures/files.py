"""Writing so that a reader sees the old file or the new one, never a part."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lga.structures import UserError


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Calls `write` with a temporary file beside `path`, then moves it into place.

    When `write` fails (a full disk, say) the temporary file goes and `path` is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replaces the file at `path` by `text` in UTF-8, atomically."""
    write_atomically(path, lambda file: file.write(text.encode()))


@contextmanager
def writable(folder: Path, setting: str) -> Iterator[None]:
    """Turns the system's refusal to write under `folder` into one line naming the `setting` to change."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"cannot write under {folder}: {reason}; choose another folder with {setting}="
        ) from error
