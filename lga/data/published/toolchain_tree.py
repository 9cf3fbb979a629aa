"""The tree that the paper's toolchain makes of a set: ``images/<part>/`` beside ``labels/<part>/``.

The label file of an image has its name in the twin folder, where the last ``images`` of the path is
``labels``. Every image of the folder belongs to the part.
"""

from pathlib import Path

from lga.data.detection.checks import UNREADABLE
from lga.data.detection.faults import Faults
from lga.data.detection.image_stores import read_image_size
from lga.data.detection.index_cache import listing
from lga.data.published.formats.yolo_txt import read_yolo
from lga.structures.annotations import Annotations, WrittenImage
from lga.system.errors import UserError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")


def label_folder(images: Path) -> Path:
    """Return the folder of the labels of an image folder."""
    parts = list(images.parts)
    last = len(parts) - 1 - parts[::-1].index("images")
    return Path(*parts[:last], "labels", *parts[last + 1 :])


def label_files(images: Path) -> list[Path]:
    """Return the label files of an image folder, sorted."""
    return sorted(label_folder(images).rglob("*.txt"))


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
    for name in sorted(listing(root, [images])):
        if Path(name).suffix.lower() not in IMAGE_SUFFIXES:
            continue
        label = labels / (root / name).relative_to(images).with_suffix(".txt")
        place = label.relative_to(root).as_posix()
        size = _size(root / name, faults)
        if size is not None:
            found.append(WrittenImage(name, size, read_yolo(label, size, place, faults), place))
    return Annotations.of_images(found)


def _size(path: Path, faults: Faults) -> tuple[int, int] | None:
    try:
        return read_image_size(path)
    except UserError as error:
        faults.pass_on(UNREADABLE, str(path), error)
        return None
