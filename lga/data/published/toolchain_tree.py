"""The tree that the paper's toolchain makes of a set: ``images/<part>/`` beside ``labels/<part>/``.

The label file of an image has its name in the twin folder, where the last ``images`` of the path is
``labels``. One object a line, in shares of the image's size: ``class cx cy w h``, or ``class x1 y1 x2 y2
...`` of a polygon with at least three corners, whose extent is the box. An image without a file has no
objects. Which objects were to be ignored is lost in this format.
"""

import os
from pathlib import Path

from lga.data.detection.checks import image_size
from lga.data.detection.faults import Faults
from lga.data.detection.index_cache import listing
from lga.data.published.formats.text_lines import numbered_lines
from lga.structures.annotations import Annotations, WrittenBox, WrittenImage
from lga.system.foreign import files_below, number, whole

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")


def label_folder(images: Path) -> Path:
    """Return the folder of the labels of an image folder."""
    parts = list(images.parts)
    last = len(parts) - 1 - parts[::-1].index("images")
    return Path(*parts[:last], "labels", *parts[last + 1 :])


def label_files(images: Path) -> list[Path]:
    """Return the label files of an image folder, sorted."""
    folder = label_folder(images)
    return [folder / name for name, _ in files_below(folder) if name.endswith(".txt")]


def parse_toolchain_tree(root: Path, images: Path, faults: Faults, labels: Path | None = None) -> Annotations:
    """Return the boxes of all images below a folder, in the order of their names.

    Args:
        root: the set's folder, that names are relative to.
        images: below it.
        faults: says what to do about a bad line or image.
        labels: folder of the label files; None for the twin of ``images``.

    Raises:
        UserError: a line or an image is bad, and ``faults`` refuses.
    """
    labels = labels or label_folder(images)
    found = []
    for name in sorted(listing(root, images)):
        if Path(name).suffix.lower() not in IMAGE_SUFFIXES:
            continue
        label = labels / (root / name).relative_to(images).with_suffix(".txt")
        if (image := labelled_image(root, name, label, faults)) is not None:
            found.append(image)
    return Annotations.of_images(found)


def labelled_image(root: Path, name: str, label: Path, faults: Faults) -> WrittenImage | None:
    """Return an image, named relative to ``root``, with the boxes of its label file; None if it is bad."""
    place = label.relative_to(root).as_posix()
    size = image_size(root / name, None, str(root / name), faults)
    return size and WrittenImage(name, size, read_yolo(label, size, place, faults), place)


BOX_FIELDS = 5
LEAST_POLYGON_FIELDS = 7


def read_yolo(path: Path, size: tuple[int, int], place: str, faults: Faults) -> list[WrittenBox]:
    """Return the boxes of one label file, in pixels.

    Args:
        path: of the file; one that is not there holds nothing.
        size: width and height of its image.
        place: what to call the file in messages.
        faults: says what to do about a bad line.

    Raises:
        UserError: a line is bad, and ``faults`` refuses.
    """
    if not os.path.lexists(path):
        return []
    boxes = []
    for line_number, line in numbered_lines(path, place, faults):
        shares = _shares(line)
        if shares is None:
            expected = f"expected a class and 4 shares, or 3 corners or more, found {line[:60]!r}"
            faults.refuse("lines not understood", f"{place}:{line_number}", expected)
            continue
        label, extent = shares
        x1, y1, x2, y2 = (share * side for share, side in zip(extent, size * 2, strict=True))
        boxes.append(WrittenBox((x1, y1, x2, y2), label, line=line_number))
    return boxes


def _shares(line: str) -> tuple[int, tuple[float, float, float, float]] | None:
    """Return class and x1 y1 x2 y2 as shares, or None where the line is not of this format."""
    fields = line.split()
    try:
        label, numbers = whole(fields[0]), [number(field) for field in fields[1:]]
    except ValueError:
        return None
    if len(fields) == BOX_FIELDS:
        cx, cy, width, height = numbers
        return label, (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
    if len(fields) < LEAST_POLYGON_FIELDS or len(numbers) % 2:
        return None
    xs, ys = numbers[::2], numbers[1::2]
    return label, (min(xs), min(ys), max(xs), max(ys))
