"""One published file: where it is fetched from, and how to tell that it is the right one."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lga.system.errors import UserError
from lga.system.files import read_content


@dataclass(frozen=True)
class RemoteFile:
    """A file that is published under one or several addresses.

    Attributes:
        name: of the file on disk.
        urls: addresses, tried in turn.
        bytes: its exact size, where that is published.
        sha256, md5: hexadecimal, where one is published.
        content_bytes: where the checksums are of its content without gzip compression, the size of that.
        about_bytes: its size as far as it is known, to plan with; 0 where it is not.
    """

    name: str
    urls: tuple[str, ...]
    bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None
    about_bytes: int = 0
    content_bytes: int | None = None

    @property
    def has_checksum(self) -> bool:
        """Whether a checksum is published."""
        return self.sha256 is not None or self.md5 is not None

    @property
    def planned_bytes(self) -> int:
        """The size to plan with."""
        return self.bytes or self.about_bytes

    def fault(self, path: Path) -> str | None:
        """Return what shows that the file at ``path`` is not this one, in a few words, or None."""
        found = path.stat().st_size
        if self.bytes is not None and found != self.bytes:
            return f"{found:,} bytes, expected {self.bytes:,}"
        for kind, expected in (("sha256", self.sha256), ("md5", self.md5)):
            if expected is not None and self._digest(path, kind) != expected:
                return f"wrong checksum: {kind} is not {expected[:12]}..."
        return None

    def _digest(self, path: Path, kind: str) -> str | None:
        """Return the checksum; None of a damaged gzip file."""
        if self.content_bytes is None:
            with path.open("rb") as file:
                return hashlib.file_digest(file, kind).hexdigest()
        try:
            return hashlib.new(kind, read_content(path, self.content_bytes)).hexdigest()
        except UserError:
            return None
