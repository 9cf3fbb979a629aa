"""Lines of a small text file, and rows of a CSV file with a known header, with their line numbers.

Also the text files of a part that has one for each image.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lga.data.detection.faults import Faults
from lga.data.detection.index_cache import listing
from lga.structures.annotations import Annotations, WrittenBox, WrittenImage
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


def read_each(
    root: Path,
    files: Sequence[Path],
    images: Path,
    suffix: str,
    faults: Faults,
    read: Callable[[Path, str, Faults], list[WrittenBox]],
) -> Annotations:
    """Return the boxes of annotation files of one image each, which has the same stem.

    An image without objects has an empty file: one without any is refused.

    Args:
        root: the set's folder, that names are relative to.
        files: of one folder.
        images: folder of the images.
        suffix: of the images.
        faults: says what to do about an image without a file, and is handed on.
        read: gives the boxes of a file, called by a place relative to ``root``.
    """
    folder, found = images.relative_to(root).as_posix(), []
    annotations = Path(folder).with_name("annotations").as_posix()
    for path in files:
        place = path.relative_to(root).as_posix()
        annotations, boxes = place.rpartition("/")[0], read(path, place, faults)
        found.append(WrittenImage(f"{folder}/{path.stem}{suffix}", None, boxes, place))
    annotated = {image.name for image in found}
    for name in listing(root, images):
        if name.endswith(suffix) and name not in annotated:
            expected = f"expected its annotation file {annotations}/{Path(name).stem}.txt, which is not there"
            faults.refuse("images without annotation file", name, expected)
    return Annotations.of_images(found)


def _text(path: Path, place: str, faults: Faults) -> str | None:
    try:
        return read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"expected UTF-8 text, found byte {error.start}"
        faults.refuse("files that are not UTF-8 text", place, found)
    except UserError as error:
        faults.pass_on("files that cannot be read", place, error)
    return None
