"""Lines of a small text file with their numbers.

Rows of a CSV file with a known header, and their line numbers.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lga.data.detection.faults import Faults
from lga.system.errors import UserError
from lga.system.foreign import read_file

_LINE_END = re.compile(r"\r\n?|\n")


def numbered_lines(path: Path, place: str, faults: Faults) -> Iterator[tuple[int, str]]:
    """Yield number, from 1, and text of each line that is not blank, stripped; either line end will do.

    Args:
        path: of the file, UTF-8.
        place: what to call it in messages.
        faults: says what to do about a file that is not text.

    Raises:
        UserError: the file is not UTF-8 text, and ``faults`` refuses.
    """
    for number, line in enumerate(_LINE_END.split(_text(path, place, faults) or ""), 1):
        if stripped := line.strip():
            yield number, stripped


def numbered_rows(
    path: Path, place: str, columns: Sequence[str], faults: Faults
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number, from 1, and the fields of each row below the header that is not blank.

    Args:
        path: of the file, UTF-8.
        place: what to call it in messages.
        columns: names that the first line must have, in this order.
        faults: says what to do about a row with more or fewer fields, and about a file that is not text, has
            another header or breaks off in a quoted field.

    Raises:
        UserError: the file or a row is bad, and ``faults`` refuses.
    """
    text = _text(path, place, faults)
    if text is None:
        return
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, [])
        if header != list(columns):
            expected = f"expected the columns {','.join(columns)}, found {','.join(header)[:80]!r}"
            faults.refuse("files with another header", f"{place}:1", expected)
            return
        for row in rows:
            if len(row) == len(columns):
                yield rows.line_num, row
            elif row:
                expected = f"expected {len(columns)} fields, found {len(row)}: {','.join(row)[:60]!r}"
                faults.refuse("rows not understood", f"{place}:{rows.line_num}", expected)
    except csv.Error as error:
        faults.refuse("files that break off", f"{place}:{rows.line_num}", f"expected a CSV row: {error}")


def _text(path: Path, place: str, faults: Faults) -> str | None:
    try:
        return read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"expected UTF-8 text, found byte {error.start}"
        faults.refuse("files that are not UTF-8 text", place, found)
    except UserError as error:
        faults.pass_on("files that cannot be read", place, error)
    return None
