"""What an archive may hold: files and folders below one folder, each once, not too many and not too large."""

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Literal, NamedTuple

from lga.system.errors import UserError

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
