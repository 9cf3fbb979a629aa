"""A file that is being fetched: ``<name>.part``, and beside it what it must be continued from."""

import json
from pathlib import Path

from lga.system.files import write_text
from lga.system.secrets import without_secrets


class PartialFile:
    """What a cut left of a download.

    Args:
        place: of the whole file.
        checked: whether a checksum will show that the parts fit together. Otherwise a part is continued only
            from the address it began at, and while the server says that the file is still the same.
    """

    def __init__(self, place: Path, checked: bool) -> None:
        self.place = place
        self.path = place.with_name(f"{place.name}.part")
        self._origin = place.with_name(f"{place.name}.part.json")
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
        self.path.replace(self.place)
        self._origin.unlink(missing_ok=True)
        return self.place

    def remove(self) -> None:
        """Remove what is there."""
        self.path.unlink(missing_ok=True)
        self._origin.unlink(missing_ok=True)

    def _validator(self, url: str) -> str | None:
        try:
            origin = json.loads(self._origin.read_text())
        except (OSError, ValueError):
            return None
        return origin.get("validator") if origin.get("url") == without_secrets(url) else None
