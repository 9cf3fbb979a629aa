"""Fetch one published file from the first mirror that has it; continue a download that was cut.

Continuing is RFC 9110's range request, https://www.rfc-editor.org/rfc/rfc9110#name-range-requests. The file
comes to its place whole and checked, or not at all. Until then it is ``<name>.part``, and beside it lies what
it must be continued from.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lga.system.errors import UserError
from lga.system.files import write_text
from lga.system.foreign import opened, parse_json, read_content, read_file
from lga.system.locks import alone
from lga.system.resources import check_room
from lga.system.secrets import without_secrets

if TYPE_CHECKING:
    from requests import Response

TIMEOUT_S = 30
PAUSE_S = 2.0  # before a mirror that broke off is asked again
ATTEMPTS = 5  # at one mirror
CHUNK = 2**16  # bytes; a cut costs at most the last
WHOLE, REST, NOTHING_LEFT = 200, 206, 416  # HTTP statuses
OnBytes = Callable[[int, int | None], None]  # bytes there, and in all where that is known


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
            with opened(path) as file:
                return hashlib.file_digest(file, kind).hexdigest()
        try:
            return hashlib.new(kind, read_content(path, self.content_bytes)).hexdigest()
        except UserError:
            return None


class PartialFile:
    """What a cut left of a download.

    Args:
        target: of the whole file.
        checked: whether a checksum will show that the parts fit together. Otherwise a part is continued only
            from the address it began at, and while the server says that the file is still the same.
    """

    def __init__(self, target: Path, checked: bool) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._origin = target.with_name(f"{target.name}.part.json")
        self._checked = checked

    @property
    def bytes(self) -> int:
        """Number of bytes that are there."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def request_headers(self, url: str) -> dict[str, str]:
        """Return the headers that ask ``url`` for the rest; none of them where all is to be fetched."""
        if not self.bytes:
            return {}
        rest = {"Range": f"bytes={self.bytes}-"}
        if self._checked:
            return rest
        validator = self._validator(url)
        return rest | {"If-Range": validator} if validator else {}

    def remember(self, url: str, validator: str | None) -> None:
        """Note where the part comes from.

        Args:
            url: its address.
            validator: what the server names this state of the file by: a strong ETag, or a date.
        """
        write_text(self._origin, json.dumps({"url": without_secrets(url), "validator": validator}))

    def finish(self) -> Path:
        """Move the whole file into place and return it."""
        self.path.replace(self.target)
        self._origin.unlink(missing_ok=True)
        return self.target

    def remove(self) -> None:
        """Remove what is there."""
        self.path.unlink(missing_ok=True)
        self._origin.unlink(missing_ok=True)

    def _validator(self, url: str) -> str | None:
        try:
            origin = parse_json(read_file(self._origin), dict[str, str | None], "")
        except UserError:
            return None
        return origin.get("validator") if origin.get("url") == without_secrets(url) else None


class _MirrorFailedError(Exception):
    """A mirror does not give the file; says why in a few words."""


class _BrokenOffError(Exception):
    """A transfer ended early; says why in a few words."""


def download(file: RemoteFile, folder: Path, on_bytes: OnBytes = lambda done, total: None) -> Path:
    """Fetch a file into ``folder``, or check it if it is there, and return where it is.

    Args:
        file: what to fetch.
        folder: made if missing.
        on_bytes: called with the progress.

    Raises:
        UserError: no mirror gave the file (the message lists each and why), another file has its name, or
            the folder cannot be written or is too full.
    """
    target = folder / file.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / f".{file.name}.lock"):
            if target.is_file():
                return _checked(file, target)
            return _from_any_mirror(file, target, on_bytes)
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror or error}") from error


def _checked(file: RemoteFile, target: Path) -> Path:
    fault = file.fault(target)
    if fault:
        raise UserError(f"{target}: not the published file: {fault}; delete it and fetch it again")
    return target


def _from_any_mirror(file: RemoteFile, target: Path, on_bytes: OnBytes) -> Path:
    failures = []
    for url in file.urls:
        try:
            return _from_mirror(file, url, PartialFile(target, file.has_checksum), on_bytes)
        except _MirrorFailedError as error:
            failures.append(f"{url} ({error})")
    raise UserError(
        f"{file.name}: could not be fetched into {target.parent}: "
        f"tried {'; '.join(failures) or 'no mirror'}; "
        "check the network and try again, which goes on where it stopped, or put the file there yourself"
    )


def _from_mirror(file: RemoteFile, url: str, part: PartialFile, on_bytes: OnBytes) -> Path:
    """Return the place of the whole file; a mirror that broke off is asked for the rest."""
    reason = ""
    for attempt in range(ATTEMPTS):
        time.sleep(PAUSE_S if attempt else 0)
        before = part.bytes
        try:
            continued = _transfer(file, url, part, on_bytes)
        except _BrokenOffError as error:
            reason = str(error)
            if part.bytes <= before:
                break
            continue
        fault = file.fault(part.path)
        if fault is None:
            return part.finish()
        part.remove()
        if not continued:
            raise _MirrorFailedError(fault)
        reason = fault  # the part that was continued may be what is wrong: once more from the start
    raise _MirrorFailedError(reason)


def _transfer(file: RemoteFile, url: str, part: PartialFile, on_bytes: OnBytes) -> bool:
    """Fetch what is missing; return whether a part was continued."""
    import requests

    headers = part.request_headers(url)
    wanted = {"Accept-Encoding": "identity", **headers}
    try:
        with requests.get(url, headers=wanted, stream=True, timeout=TIMEOUT_S) as response:
            if response.status_code == NOTHING_LEFT and headers:
                return True
            start = _start(response, part.bytes if headers else 0)
            total = _total(response, start, file)
            check_room(part.target.parent, (total or file.planned_bytes) - start)
            part.remember(url, _validator(response))
            _receive(response, part, start, total, on_bytes)
    except requests.RequestException as error:
        raise _BrokenOffError(type(error).__name__) from error
    return start > 0


def _start(response: "Response", asked: int) -> int:
    """Return the byte that the answer starts with."""
    if response.status_code not in (WHOLE, REST):
        raise _MirrorFailedError(f"HTTP {response.status_code}")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise _MirrorFailedError("a web page in place of the file")
    if response.status_code == WHOLE:
        return 0
    if not response.headers.get("Content-Range", "").startswith(f"bytes {asked}-"):
        raise _MirrorFailedError("another part than asked for")
    return asked


def _total(response: "Response", start: int, file: RemoteFile) -> int | None:
    """Return the size of the whole file, where the server says it."""
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdigit() else None
    if total is not None and file.bytes is not None and total != file.bytes:
        raise _MirrorFailedError(f"{total:,} bytes, expected {file.bytes:,}")
    return total


def _validator(response: "Response") -> str | None:
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _receive(
    response: "Response", part: PartialFile, start: int, total: int | None, on_bytes: OnBytes
) -> None:
    done = start
    with part.path.open("ab" if start else "wb") as out:
        for chunk in response.iter_content(CHUNK):
            out.write(chunk)
            done += len(chunk)
            on_bytes(done, total)
    if total is not None and done < total:
        raise _BrokenOffError(f"broke off after {done:,} of {total:,} bytes")
