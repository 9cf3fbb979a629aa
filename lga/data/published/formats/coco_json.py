"""COCO's detection format: one JSON file for all images of a part, https://cocodataset.org/#format-data.

A first pass over the file finds the limits of its records, a second decodes one record after the other and
skips what no box needs: the polygons, most of the file, never become Python objects. TinyPerson adds flags.

Axes: N images, M annotations.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from lga.data.detection.faults import Faults
from lga.structures.annotations import Annotations, Ignored
from lga.system.errors import UserError
from lga.system.foreign import BOUND, LARGEST_JSON, parse_json, read_file

Id = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Side = Annotated[int, msgspec.Meta(ge=0, lt=BOUND)]
Pixels = Annotated[float, msgspec.Meta(gt=-BOUND, lt=BOUND)]
Area = Annotated[float, msgspec.Meta(ge=0, lt=BOUND**2)]
Flag = bool | Literal[0, 1]  # both are written
_NOT_COCO = "put COCO's detection file there, with the lists images, annotations and categories"


class CocoImage(msgspec.Struct, gc=False):
    """One entry of ``images``.

    Attributes:
        id: that annotations refer to.
        file_name: with sub-folders, relative to the folder of the images.
        width: pixels; None where it is not written.
        height: pixels; None where it is not written.
    """

    id: Id
    file_name: str
    width: Side | None = None
    height: Side | None = None


class CocoAnnotation(msgspec.Struct, gc=False):
    """One entry of ``annotations``.

    Attributes:
        id: of its own.
        image_id: `CocoImage.id`.
        category_id: `CocoCategory.id`.
        bbox: x y width height, pixels, 0-based.
        area: square pixels, of the polygons; None where it is not written.
        iscrowd: a group of objects.
        ignore: TinyPerson.
        uncertain: TinyPerson.
        logo: TinyPerson, a picture of a person.
        in_dense_image: TinyPerson.
    """

    id: Id
    image_id: Id
    category_id: Id
    bbox: tuple[Pixels, Pixels, Pixels, Pixels]
    area: Area | None = None
    iscrowd: Flag = False
    ignore: Flag = False
    uncertain: Flag = False
    logo: Flag = False
    in_dense_image: Flag = False


class CocoCategory(msgspec.Struct):
    """One entry of ``categories``."""

    id: Id
    name: str


class CocoFile(msgspec.Struct, frozen=True):
    """A file whose records are not decoded yet."""

    images: list[msgspec.Raw]
    annotations: list[msgspec.Raw]
    categories: list[msgspec.Raw]


class _Identity(msgspec.Struct):
    id: Any = None


Record = TypeVar("Record", CocoImage, CocoAnnotation, CocoCategory)
_KINDS = {CocoImage: "image", CocoAnnotation: "annotation", CocoCategory: "category"}


def open_coco(path: Path) -> CocoFile:
    """Return the records of a file; a UserError where it is not JSON, or has not the three lists."""
    return parse_json(read_file(path, LARGEST_JSON), CocoFile, str(path), _NOT_COCO)


def records(found: list[msgspec.Raw], kind: type[Record], place: str, faults: Faults) -> Iterator[Record]:
    """Yield the decoded records of one list, without those that ``faults`` leaves out.

    Args:
        found: a list of `CocoFile`.
        kind: of its entries.
        place: of the file.
        faults: says what to do about a record with a missing field or one of the wrong type, and about an id
            that an earlier record has.

    Raises:
        UserError: a record is bad, and ``faults`` refuses.
    """
    name = _KINDS[kind]
    met: set[int] = set()
    for number, raw in enumerate(found):
        try:
            record = parse_json(bytes(raw), kind, name)
        except UserError as error:
            where, message = f"{place}, {_identity(raw, name, number)}", str(error).removeprefix(f"{name}: ")
            faults.refuse(f"{name} records not understood", where, message)
            continue
        if record.id in met:
            expected = f"an earlier {name} has the same id, each needs its own"
            faults.refuse(f"{name} records of an earlier id", f"{place}, {name} id {record.id}", expected)
            continue
        met.add(record.id)
        yield record


def _identity(raw: msgspec.Raw, name: str, number: int) -> str:
    """Return how to call a record: by its id, or by its number from 1 where that is missing too."""
    try:
        found = msgspec.json.decode(raw, type=_Identity).id
    except msgspec.DecodeError:
        found = None
    return f"{name} number {number + 1}" if found is None else f"{name} id {found}"


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
    labels: Mapping[str, int] | None,
    folder: str = "",
    ignored: Callable[[CocoAnnotation], Ignored] = crowds,
) -> Annotations:
    """Return the images of one file, in their order there, with their boxes.

    Args:
        path: of the file.
        place: what to call it in messages: its path relative to the set's folder.
        faults: says what to do about a bad record.
        labels: from 0, by the name of the category; several may have the same. None: all are 0.
        folder: of the images, relative to the set's folder, with forward slashes; "" where the file names
            contain it.
        ignored: says why an annotation's box does not count; called once for each.

    Raises:
        UserError: the file breaks off, or a record is bad and ``faults`` refuses.
    """
    content = open_coco(path)
    images = [
        image
        for image in records(content.images, CocoImage, place, faults)
        if faults.accepts_path(image.file_name, f"{place}, image id {image.id}")
    ]
    categories = list(records(content.categories, CocoCategory, place, faults))
    rows = _rows(records(content.annotations, CocoAnnotation, place, faults), ignored)
    image = _places(rows["image"], [found.id for found in images])
    category = _places(rows["category"], [found.id for found in categories])
    listed = image < len(images)
    labels = dict.fromkeys((found.name for found in categories), 0) if labels is None else labels
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
        message = f"category_id: no category of this file has id {number}"
        return "annotations of categories not listed", message
    message = f"category_id: category {number} is {names[number]!r}, which is none of the set's classes"
    return "annotations of unknown categories", message


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
