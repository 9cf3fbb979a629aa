"""Unpack zip and tar archives that are not trusted: whole, or not at all.

An archive may hold files and folders below one folder, each once, not too many and not too large. Members of
a tar pass Python's ``data`` filter too, https://docs.python.org/3/library/tarfile.html#extraction-filters.
"""

import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PureWindowsPath
from typing import NamedTuple, TypeVar

from lga.system.errors import UserError
from lga.system.files import made_whole
from lga.system.foreign import has_usual_length
from lga.system.resources import free_bytes

ENCRYPTED = 0x1  # flag of a zip's member
CHUNK, MOST_TRAILING = 2**16, 2**26  # bytes
# Of what is unpacked; the largest archive to be fetched holds 19 GB in 118,287 files.
MOST_MEMBERS, MOST_BYTES = 1_000_000, 100 * 2**30
_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError,
    NotImplementedError,
)  # fmt: skip

OnMember = Callable[[int, int | None], None]  # bytes unpacked, and in all where that is known
T = TypeVar("T")


class _Member(NamedTuple):
    """An entry of an archive: its path and bytes as declared, and what it is: a file, folder, link, ..."""

    name: str
    bytes: int
    kind: str


def extract(archive: Path, folder: Path, on_member: OnMember = lambda done, total: None) -> None:
    """Unpack an archive into ``folder``, which must not exist yet; a failure leaves nothing of it.

    Args:
        archive: a zip, or a tar, compressed or not: known by its content.
        folder: made.
        on_member: called with the progress.

    Raises:
        UserError: the archive is damaged, holds what it must not, is too large, or cannot be written.
    """
    room = min(MOST_BYTES, free_bytes(folder))
    try:
        extract_all = _extract_zip if zipfile.is_zipfile(archive) else _extract_tar
        with made_whole(folder) as unpacked:
            extract_all(archive, unpacked, room, on_member)
    except _DAMAGED as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)  # tarfile's may have several
        advice = "delete it and fetch it again"
        raise UserError(f"{archive}: not a whole zip or tar archive: {reason}; {advice}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{archive}: cannot be unpacked into {folder}: {reason}") from error


def _accepted(
    archive: Path, entries: Iterable[T], member_of: Callable[[T], _Member], room: int
) -> Iterator[tuple[T, int]]:
    """Yield each entry, and the bytes of all so far; raise a UserError at one that must not be unpacked."""
    files: set[str] = set()
    total = 0
    for count, entry in enumerate(entries, start=1):
        name, size, kind = member_of(entry)
        total += size
        path = "/".join(part for part in name.split("/") if part not in ("", "."))
        wrong = _wrong(name, kind)
        if wrong is None and count > MOST_MEMBERS:
            wrong = f"more than {MOST_MEMBERS:,} members"
        if wrong is None and total > room:
            wrong = (
                f"{name!r}, which makes it {total:,} bytes: "
                f"more than the {room:,} that there is room for or that are allowed"
            )
        if wrong is None and kind == "file" and path in files:
            wrong = f"{name!r} twice"
        if wrong:
            raise UserError(f"{archive}: holds {wrong}; nothing of it was unpacked: delete it")
        files.update([path] if kind == "file" else [])
        yield entry, total


def _wrong(name: str, kind: str) -> str | None:
    if not has_usual_length(name):
        return f"{name[:40]!r}, a path that no file system takes"
    windows = PureWindowsPath(name)
    if name.startswith("/") or windows.drive or windows.root:
        return f"the absolute path {name!r}"
    if ".." in name.split("/") or "\\" in name:
        return f"{name!r}, a path that may leave the folder"
    return None if kind in ("file", "folder") else f"{name!r}, a {kind}"


def _extract_zip(archive: Path, folder: Path, room: int, on_member: OnMember) -> None:
    with zipfile.ZipFile(archive) as opened:
        accepted = list(_accepted(archive, opened.infolist(), _of_zip, room))
        for member, done in accepted:
            path = Path(opened.extract(member, folder))
            if not member.is_dir() and path.stat().st_size != member.file_size:
                raise zipfile.BadZipFile(
                    f"{member.filename} has not the {member.file_size:,} bytes it declares"
                )
            on_member(done, accepted[-1][1])


def _of_zip(member: zipfile.ZipInfo) -> _Member:
    if member.flag_bits & ENCRYPTED:
        return _Member(member.filename, member.file_size, "file with a password")
    usual = "folder" if member.is_dir() else "file"
    kinds = {stat.S_IFLNK: "link", stat.S_IFREG: usual, stat.S_IFDIR: usual, 0: usual}
    kind = kinds.get(stat.S_IFMT(member.external_attr >> 16), "device")
    return _Member(member.filename, member.file_size, kind)


def _extract_tar(archive: Path, folder: Path, room: int, on_member: OnMember) -> None:
    with tarfile.open(archive) as opened:
        for member, done in _accepted(archive, opened, _of_tar, room):
            opened.extract(member, folder, filter="data")
            on_member(done, None)
        end, left = opened.offset, MOST_TRAILING
        # Read up to the stream's own checksum.
        while rest := opened.fileobj.read(CHUNK) if opened.fileobj else b"":
            left -= len(rest)
            if left < 0:
                raise tarfile.ReadError(f"more than {MOST_TRAILING:,} bytes follow its end")
    _check_end(archive, end)


def _of_tar(member: tarfile.TarInfo) -> _Member:
    kinds = {"link": member.issym() or member.islnk(), "folder": member.isdir(), "file": member.isreg()}
    return _Member(member.name, member.size, next((kind for kind, is_it in kinds.items() if is_it), "device"))


def _check_end(archive: Path, end: int) -> None:
    """Raise a ReadError where an uncompressed tar stops between two members, which Python does not notice."""
    with archive.open("rb") as file:
        if file.read(2) in (b"\x1f\x8b", b"BZ", b"\xfd7"):
            return  # compressed: its own end was checked
        file.seek(end)
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it has no end mark")
