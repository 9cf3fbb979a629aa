"""From the records of a COCO file to the boxes of a split.

Axes: N images, M annotations.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.faults import Faults
from lga.data.published.formats.coco_json import CocoAnnotation, CocoCategory, CocoImage, open_coco, records
from lga.structures.annotations import Annotations, Ignored

UNIT = "annotation id"
_ROW = np.dtype(
    [("id", "i8"), ("image", "i8"), ("category", "i8"), ("box", "f8", 4), ("area", "f8"), ("ignored", "u1")]
)
_Rows = NDArray[np.void]
_NO_CLASS = -1


def crowds(annotation: CocoAnnotation) -> Ignored:
    """Return COCO's own reason to ignore a box: that it is a crowd."""
    return Ignored.CROWD if annotation.iscrowd else Ignored.OBJECT


def read_coco(
    path: Path,
    place: str,
    faults: Faults,
    labels: Mapping[str, int],
    folder: str = "",
    ignored: Callable[[CocoAnnotation], Ignored] = crowds,
) -> Annotations:
    """Return the images of one file, in their order there, with their boxes.

    Args:
        path: of the file.
        place: what to call it in messages: its path relative to the set's folder.
        faults: says what to do about a bad record.
        labels: from 0, by the name of the category; several categories may have the same.
        folder: of the images, relative to the set's folder, with forward slashes; "" where the file names
            contain it.
        ignored: says why an annotation's box does not count; called once for each.

    Raises:
        UserError: the file breaks off, or a record is bad and ``faults`` refuses.
    """
    content = open_coco(path)
    images = list(records(content.images, CocoImage, place, faults))
    categories = list(records(content.categories, CocoCategory, place, faults))
    rows = _rows(records(content.annotations, CocoAnnotation, place, faults), ignored)
    image = _places(rows["image"], [found.id for found in images])
    category = _places(rows["category"], [found.id for found in categories])
    listed = image < len(images)
    label = np.array([*(labels.get(found.name, _NO_CLASS) for found in categories), _NO_CLASS])[category]
    good = listed & (label != _NO_CLASS)
    names = {found.id: found.name for found in categories}
    for row, is_listed in zip(rows[~good], listed[~good], strict=True):
        what, expected = _wrong(row, bool(is_listed), names)
        faults.refuse(what, f"{place}, {UNIT} {row['id']}", expected)
    return _split(images, image[good], rows[good], label[good], folder, place)


def _rows(annotations: Iterable[CocoAnnotation], ignored: Callable[[CocoAnnotation], Ignored]) -> _Rows:
    """Return (M,) what is kept of the annotations, in their order."""
    found = (
        (a.id, a.image_id, a.category_id, a.bbox, np.nan if a.area is None else a.area, ignored(a))
        for a in annotations
    )
    return np.fromiter(found, _ROW)


def _places(wanted: NDArray[np.int64], ids: Sequence[int]) -> NDArray[np.int64]:
    """Return (M,) where each wanted id stands in ``ids``; len(ids) where it does not."""
    places = {found: place for place, found in enumerate(ids)}
    return np.array([places.get(found, len(ids)) for found in wanted.tolist()], np.int64)


def _wrong(row: NDArray[np.void], listed: bool, names: Mapping[int, str]) -> tuple[str, str]:
    """Return what is wrong with an annotation: in a few words, and what was expected."""
    if not listed:
        return "annotations of images not listed", f"image_id: no image of this file has id {row['image']}"
    number = int(row["category"])
    if number not in names:
        told = f"category_id: no category of this file has id {number}"
        return "annotations of categories not listed", told
    told = f"category_id: category {number} is {names[number]!r}, which is none of the set's classes"
    return "annotations of unknown categories", told


def _split(
    images: Sequence[CocoImage],
    image: NDArray[np.int64],
    rows: _Rows,
    label: NDArray[np.int64],
    folder: str,
    place: str,
) -> Annotations:
    """Return the split, its boxes in the order of the images."""
    prefix = f"{folder}/" if folder else ""
    order = np.argsort(image, kind="stable")
    rows = rows[order]
    corner, extent = rows["box"][:, :2], rows["box"][:, 2:]
    return Annotations(
        names=np.array([prefix + found.file_name for found in images], np.str_),
        sizes=np.array([(found.width or 0, found.height or 0) for found in images], np.int64).reshape(-1, 2),
        image=image[order],
        boxes=np.concatenate((corner, corner + extent), 1),
        labels=label[order],
        ignored=np.ascontiguousarray(rows["ignored"]),
        areas=np.ascontiguousarray(rows["area"]),
        lines=np.ascontiguousarray(rows["id"]),
        sources=np.full(len(images), place),
        unit=UNIT,
    )
