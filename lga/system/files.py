"""Writing so that a reader sees the old file or the new one, never a part; setting damaged ones aside.

Also where runs, records, tables and pages go.
"""

import errno
import os
import shutil
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


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `folder`, whole, at the end; a failure leaves nothing of it."""
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


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


def own_configs() -> tuple[Path, ...]:
    """Return the folders of LGA_CONFIG_DIR of the environment, whose groups add options to the project's."""
    named = os.environ.get("LGA_CONFIG_DIR", "").split(os.pathsep)
    found = tuple(Path(folder).absolute() for folder in named if folder)
    if missing := [folder for folder in found if not folder.is_dir()]:
        raise UserError(f"LGA_CONFIG_DIR: {missing[0]}: no such folder")
    return found


def shipped(name: str) -> Path:
    """Return the folder `conf` or `experiments`: in the package once installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def zip_damage(path: Path) -> str | None:
    """Return how a zip archive is not as it was written; None where it is, and for other files."""
    try:
        if not zipfile.is_zipfile(path):
            return None
        with zipfile.ZipFile(path) as archive:
            changed = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError) as error:
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
