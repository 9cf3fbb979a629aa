"""From a reader's records of image files and boxes to a checked split.

With ``on_error=raise`` only the header of each image is read beforehand: a file that breaks off is refused
when it is first met. With ``skip`` each image is decoded once beforehand, so that what is left out is known,
and counted, before training.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lga.data.detection.annotations import Annotations, Targets
from lga.data.detection.box_checks import BoxChecks
from lga.data.detection.detection_source import DetectionSource
from lga.data.detection.image_file import read_image, read_image_size
from lga.data.detection.image_stores import FileImages
from lga.structures import UserError

UNREADABLE = "images unreadable"


@dataclass(frozen=True)
class ImageRecord:
    """What an annotation file says of one image.

    Attributes:
        image: path, relative to the set's folder.
        targets: the boxes as written, unchecked.
        place: file (and line, if there is one) to name in an error about a box.
    """

    image: str
    targets: Targets
    place: str


def source_of_files(
    folder: Path, records: Iterable[ImageRecord], split: str, checks: BoxChecks
) -> DetectionSource:
    """Return the split of the images that the records name, in their order.

    Args:
        folder: that the images' paths are relative to.
        records: one for each image, with boxes or without.
        split: what to call it in messages.
        checks: checks the boxes, and counts them and unreadable images in its ``counts``.

    Raises:
        UserError: an image or a box is bad, and the checks' ``on_error`` is ``raise``.
    """
    names, sizes, images = [], [], []
    for record in records:
        size = _size(folder / record.image, checks)
        if size is not None:
            names.append(record.image)
            sizes.append(size)
            images.append(checks(record.targets, size, record.place))
    name_array = np.array(names, dtype=np.str_)
    return DetectionSource(
        images=FileImages(folder, name_array),
        annotations=Annotations.of_images(images),
        sizes=np.array(sizes, dtype=np.int64).reshape(-1, 2),
        names=name_array,
        split=split,
    )


def _size(path: Path, checks: BoxChecks) -> tuple[int, int] | None:
    """Return width and height of the image, or None if it is to be left out."""
    if checks.on_error == "raise":
        return read_image_size(path)
    try:
        return read_image(path).size
    except UserError:
        checks.counts[UNREADABLE] += 1
        return None
