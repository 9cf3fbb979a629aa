"""Checks of a split: all boxes at once, and that the images which the annotations name are there.

Boxes: inverted, of no size, label outside the classes, wholly outside the image, in this order. One that
reaches beyond the image stays as written; it is clipped where it is trained on.

Images: with `on_error=raise` at most a header is read beforehand, and a file that breaks off is refused when
it is first met. With `skip` each image is decoded once, so that what is left out is counted before training.

Axes: N images, M boxes of all of them.
"""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.faults import Faults
from lga.data.detection.image_stores import read_image, read_image_size
from lga.structures.annotations import Annotations, Ignored
from lga.system.errors import UserError
from lga.system.progress import Track, untracked

CLIPPED = "boxes clipped to the image"
SLACK = 1.0  # pixels beyond the image that rounding in an annotation file accounts for; not reported


def check_boxes(
    written: Annotations, num_classes: int, faults: Faults, known: Collection[str] = ()
) -> Annotations:
    """Return the split with its good boxes.

    Args:
        written: with the size of every image known.
        num_classes: labels are 0 to num_classes - 1; a box that does not count may also have -1, no class.
        faults: says what to do about a bad box.
        known: faults, such as ``of no size``, that the published files are known to contain: such boxes are
            left out and counted even where a fault is refused.

    Raises:
        UserError: a box is bad, and ``faults`` refuses.
    """
    good = np.ones(len(written.labels), bool)
    for fault, found in _faults(written, num_classes).items():
        for box in np.flatnonzero(found & good).tolist():
            if fault in known:
                faults.drop(f"boxes {fault}", written.place(box))
            else:
                faults.refuse(
                    f"boxes {fault}", written.place(box), _message(written, box, fault, num_classes)
                )
        good[found] = False
    for box in np.flatnonzero(_beyond(written) & good).tolist():
        faults.drop(CLIPPED, written.place(box))
    return written.take_boxes(good)


def _faults(written: Annotations, num_classes: int) -> dict[str, NDArray[np.bool_]]:
    x1, y1, x2, y2 = written.boxes.T
    width, height = written.sizes[written.image].T
    known = (written.labels >= 0) & (written.labels < num_classes)
    of_no_class = (written.labels == -1) & (written.ignored != Ignored.OBJECT)
    return {
        "inverted": (x2 < x1) | (y2 < y1),
        "of no size": (x2 == x1) | (y2 == y1),
        "of an unknown class": ~known & ~of_no_class,
        "outside the image": (x2 <= 0) | (y2 <= 0) | (x1 >= width) | (y1 >= height),
    }


def _beyond(written: Annotations) -> NDArray[np.bool_]:
    sizes = written.sizes[written.image]
    below, above = written.boxes[:, :2] < -SLACK, written.boxes[:, 2:] > sizes + SLACK
    return np.asarray((below | above).any(1))


def _message(written: Annotations, box: int, fault: str, num_classes: int) -> str:
    corners = ", ".join(f"{number:g}" for number in written.boxes[box])
    image = written.image[box]
    width, height = written.sizes[image]
    return (
        f"the box is {fault}: x1 y1 x2 y2 = {corners}, class {written.labels[box]} of {num_classes}, "
        f"on {written.names[image]} of {width} x {height} pixels"
    )


MISSING, NOT_AT_HAND = "images missing", "images not at hand"
UNREADABLE = "images unreadable or of another size"


def check_images(
    root: Path,
    written: Annotations,
    present: Collection[str],
    faults: Faults,
    track: Track = untracked,
) -> Annotations:
    """Return the split with its good images, all sizes known.

    Args:
        root: that names are relative to.
        written: as parsed.
        present: names of the image files that there are.
        faults: says what to do about a missing or unreadable image, and whether images are decoded.
        track: shows how far it is.

    Raises:
        UserError: an image is bad, and ``faults`` refuses.
    """
    sizes = written.sizes.copy()
    good = np.ones(len(sizes), bool)
    met = set[str]()
    for number, name in enumerate(track(written.names.tolist(), "images read")):
        source = str(written.sources[number])
        if name in met:
            faults.refuse("images named twice", source, f"names {name}, which has been named before")
            good[number] = False
        elif name not in present and faults.subset:
            faults.drop(NOT_AT_HAND, source)
            good[number] = False
        elif name not in present:
            faults.refuse(MISSING, source, f"names the image {root / name}, which is not there")
            good[number] = False
        elif faults.on_error == "skip" or not sizes[number].all():
            expected = (int(sizes[number, 0]), int(sizes[number, 1])) if sizes[number].all() else None
            size = image_size(root / name, expected, source, faults)
            good[number] = size is not None
            sizes[number] = size or (0, 0)
        met.add(name)
    return replace(written, sizes=sizes).take_images(good)


def image_size(
    path: Path, expected: tuple[int, int] | None, source: str, faults: Faults
) -> tuple[int, int] | None:
    """Return width and height, or None if the image is to be left out."""
    try:
        return read_image(path, expected).size if faults.decode else read_image_size(path, expected)
    except UserError as error:
        faults.pass_on(UNREADABLE, source, error)
        return None
