"""Writing so that a reader sees the old file or the new one, never a part; setting damaged ones aside.

Also where runs, records, tables and pages go.
"""

import errno
import gzip
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lga.system.errors import UserError
from lga.system.terminal_text import first_line

DAMAGED = ".damaged"
GZIP_MAGIC = b"\x1f\x8b"


def write_atomically(path: Path, write: Callable[[IO[bytes]], object], previous: Path | None = None) -> None:
    """Call `write` with a temporary file beside `path`, then move it into place.

    When `write` fails (a full disk, say) the temporary file goes and `path` is as it was. What stood at
    `path` is kept as `previous`, if that is given.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if previous is not None and path.is_file():
            path.replace(previous)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace the file at `path` by `text` in UTF-8, atomically.

    Undecodable bytes of a file's name, which Python keeps as lone surrogates, are written as escapes.
    """
    write_atomically(path, lambda file: file.write(text.encode(errors="backslashreplace")))


def remove_unfinished(folder: Path, name: str = "*") -> None:
    """Remove temporary files that killed processes left in `folder`; nobody may be writing `name` now."""
    for path in folder.glob(f".{name}.*.tmp"):
        path.unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that nothing reads it and nothing of it is lost; return where it is."""
    aside = path.with_name(path.name + DAMAGED)
    path.replace(aside)
    return aside


@contextmanager
def writable(folder: Path, setting: str) -> Iterator[None]:
    """Turn the system's refusal to write under `folder` into one line naming the `setting` to change."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"cannot write under {folder}: {reason}; choose another folder with {setting}="
        ) from error


def outputs(*parts: str) -> Path:
    """Return a path below LGA_OUTPUT_DIR of the environment, where runs are left, or below outputs/."""
    return Path(os.environ.get("LGA_OUTPUT_DIR", "outputs"), *parts)


def zip_damage(path: Path) -> str | None:
    """Return how a zip archive is not as it was written; None where it is, and for other files."""
    if not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            changed = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, EOFError, RuntimeError) as error:
        return first_line(error)
    return f"the checksum of its part {changed} is wrong" if changed else None


def read_regular(path: Path, at_most: int) -> bytes:
    """Return the content of a regular file of at most so many bytes; a UserError for all else, links too."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise UserError(f"{path}: not a regular file")
            if state.st_size > at_most:
                raise UserError(
                    f"{path}: {state.st_size / 1e6:,.0f} MB; at most {at_most / 1e6:,.0f} are read"
                )
            return file.read(at_most)
    except OSError as error:
        link = error.errno == errno.ELOOP
        raise UserError(f"{path}: {'a link; only files are read' if link else error.strerror}") from error


def read_content(path: Path, at_most: int) -> bytes:
    """Return a file's content, without gzip compression if it has one: one byte past ``at_most`` is the last.

    Whether it is compressed is known by its first bytes, not by its name. A file that cannot be read, or is
    damaged before its end, is a UserError.
    """
    try:
        with path.open("rb") as file:
            compressed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
            file.seek(0)
            return (gzip.GzipFile(fileobj=file) if compressed else file).read(at_most + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"{path}: damaged gzip file ({error}); replace the file by a whole copy of the original"
        ) from error
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from error
