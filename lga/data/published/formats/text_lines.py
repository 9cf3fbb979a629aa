"""Lines of a small text file with their numbers."""

from collections.abc import Iterator
from pathlib import Path

from lga.data.detection.faults import Faults


def numbered_lines(path: Path, place: str, faults: Faults) -> Iterator[tuple[int, str]]:
    """Yield number, from 1, and text of each line that is not blank, stripped; either line end will do.

    Args:
        path: of the file, UTF-8.
        place: what to call it in messages.
        faults: says what to do about a file that is not text.

    Raises:
        UserError: the file is not UTF-8 text, and ``faults`` refuses.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        faults.refuse(
            "files that are not UTF-8 text", place, f"expected UTF-8 text, found byte {error.start}"
        )
        return
    for number, line in enumerate(text.splitlines(), 1):
        if stripped := line.strip():
            yield number, stripped
