"""Unpacks zip and tar archives that are not trusted: whole, or not at all.

Each member passes `MemberChecks`; those of a tar pass Python's own ``data`` filter too,
https://docs.python.org/3/library/tarfile.html#extraction-filters.

What an archive may hold: files and folders below one folder, each once, not too many and not too large.
"""

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Literal, NamedTuple

from lga.system.errors import UserError
from lga.system.resources import free_bytes

Kind = Literal["file", "folder", "link", "device"]


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to; the largest to be fetched holds 19 GB in 118,287 files."""

    members: int = 1_000_000
    total_bytes: int = 100 * 2**30


class Member(NamedTuple):
    """One entry of an archive.

    Attributes:
        name: its path, as written.
        bytes: as declared.
        kind: what it is.
    """

    name: str
    bytes: int
    kind: Kind


class MemberChecks:
    """Looks at the members of one archive in turn.

    Args:
        archive: to name in messages.
        limits: on all members together.
    """

    def __init__(self, archive: Path, limits: Limits) -> None:
        self.archive = archive
        self.limits = limits
        self.count = 0
        self.total_bytes = 0
        self._files: set[str] = set()

    def accept(self, member: Member) -> None:
        """Raise a UserError if the member must not be unpacked."""
        name = member.name
        parts = name.split("/")
        windows = PureWindowsPath(name)
        if name.startswith("/") or windows.drive or windows.root:
            self._refuse(f"the absolute path {name!r}")
        if ".." in parts or "\\" in name or "\0" in name:
            self._refuse(f"{name!r}, a path that may leave the folder")
        if member.kind not in ("file", "folder"):
            self._refuse(f"{name!r}, a {member.kind}")
        self._count(member)
        if member.kind == "file":
            key = "/".join(part for part in parts if part not in ("", "."))
            if key in self._files:
                self._refuse(f"{name!r} twice")
            self._files.add(key)

    def _count(self, member: Member) -> None:
        self.count += 1
        self.total_bytes += member.bytes
        if self.count > self.limits.members:
            self._refuse(f"more than {self.limits.members:,} members")
        if self.total_bytes > self.limits.total_bytes:
            self._refuse(
                f"{member.name!r}, which makes it {self.total_bytes:,} bytes: "
                f"more than the {self.limits.total_bytes:,} that there is room for or that are allowed"
            )

    def _refuse(self, found: str) -> None:
        raise UserError(f"{self.archive}: holds {found}; nothing of it was unpacked: delete it")


ENCRYPTED = 0x1  # flag of a zip's member
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError)

OnMember = Callable[[int, int | None], None]  # bytes unpacked, and in all where that is known


def extract(
    archive: Path,
    folder: Path,
    limits: Limits | None = None,
    on_member: OnMember = lambda done, total: None,
) -> None:
    """Unpack an archive into ``folder``, which must not exist yet; a failure leaves nothing of it.

    Args:
        archive: a zip, or a tar, compressed or not: told by its content.
        folder: made.
        limits: on what is unpacked; the room on the disk is a limit too.
        on_member: told of progress.

    Raises:
        UserError: the archive is damaged, holds what it must not, or cannot be written.
    """
    limits = limits or Limits()
    room = replace(limits, total_bytes=min(limits.total_bytes, free_bytes(folder)))
    folder.mkdir(parents=True)
    try:
        checks = MemberChecks(archive, room)
        if zipfile.is_zipfile(archive):
            _extract_zip(archive, folder, checks, on_member)
        else:
            _extract_tar(archive, folder, checks, on_member)
    except _DAMAGED as error:
        shutil.rmtree(folder)
        reason = next(iter(str(error).splitlines()), type(error).__name__)  # tarfile's may have several
        raise UserError(
            f"{archive}: not a whole zip or tar archive: {reason}; delete it and fetch it again"
        ) from error
    except OSError as error:
        shutil.rmtree(folder)
        raise UserError(f"{archive}: cannot be unpacked into {folder}: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(folder)
        raise


def _extract_zip(archive: Path, folder: Path, checks: MemberChecks, on_member: OnMember) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = opened.infolist()
        for member in members:
            if member.flag_bits & ENCRYPTED:
                raise UserError(f"{archive}: {member.filename!r} is encrypted; delete it and fetch it again")
            checks.accept(Member(member.filename, member.file_size, _zip_kind(member)))
        done = 0
        for member in members:
            opened.extract(member, folder)
            done += member.file_size
            on_member(done, checks.total_bytes)


def _zip_kind(member: zipfile.ZipInfo) -> Kind:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "device"
    return "folder" if member.is_dir() else "file"


def _extract_tar(archive: Path, folder: Path, checks: MemberChecks, on_member: OnMember) -> None:
    with tarfile.open(archive) as opened:
        for member in opened:
            checks.accept(Member(member.name, member.size, _tar_kind(member)))
            opened.extract(member, folder, filter="data")
            on_member(checks.total_bytes, None)
        end = opened.offset
    _check_end(archive, end)


def _tar_kind(member: tarfile.TarInfo) -> Kind:
    if member.issym() or member.islnk():
        return "link"
    if member.isdir():
        return "folder"
    return "file" if member.isreg() else "device"


def _check_end(archive: Path, end: int) -> None:
    """Raise a ReadError where an uncompressed tar stops between two members, which Python does not notice."""
    with archive.open("rb") as file:
        if file.read(2) in (b"\x1f\x8b", b"BZ", b"\xfd7"):
            return  # compressed: its own end was checked
        file.seek(end)
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it has no end mark")
