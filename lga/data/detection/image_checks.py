"""Checks that the images which the annotations name are there, and learns the sizes that the format omits.

With ``on_error=raise`` at most the header of an image is read beforehand: a file that breaks off is refused
when it is first met. With ``skip`` each image is decoded once beforehand, so that what is left out is known,
and counted, before training; the index keeps the result.

Axes: N images.
"""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from lga.data.detection.faults import Faults
from lga.data.detection.image_file import read_image, read_image_size
from lga.data.detection.watching import Watch, unwatched
from lga.data.detection.written_split import WrittenSplit
from lga.system.errors import UserError

MISSING = "images missing"
UNREADABLE = "images unreadable or of another size"


def check_images(
    root: Path,
    written: WrittenSplit,
    present: Collection[str],
    faults: Faults,
    watch: Watch = unwatched,
) -> WrittenSplit:
    """Return the split with its good images, all sizes known.

    Args:
        root: that names are relative to.
        written: as parsed.
        present: names of the image files that there are.
        faults: says what to do about a missing or unreadable image, and whether images are decoded.
        watch: sees how far it is.

    Raises:
        UserError: an image is bad, and ``faults`` refuses.
    """
    sizes = written.sizes.copy()
    good = np.ones(len(sizes), bool)
    for number, name in enumerate(watch(written.names.tolist(), "images read")):
        source = str(written.sources[number])
        if name not in present:
            faults.refuse(MISSING, source, f"names the image {root / name}, which is not there")
            good[number] = False
        elif faults.on_error == "skip" or not sizes[number].all():
            expected = (int(sizes[number, 0]), int(sizes[number, 1])) if sizes[number].all() else None
            size = _size(root / name, expected, source, faults)
            good[number] = size is not None
            sizes[number] = size or (0, 0)
    return replace(written, sizes=sizes).take_images(good)


def _size(
    path: Path, expected: tuple[int, int] | None, source: str, faults: Faults
) -> tuple[int, int] | None:
    """Return width and height, or None if the image is to be left out."""
    try:
        return read_image(path, expected).size if faults.decode else read_image_size(path, expected)
    except UserError as error:
        faults.pass_on(UNREADABLE, source, error)
        return None
