"""What is on the images of a split: one table of the images, one of their boxes, in flat arrays.

The same table is what a parser gives, what is checked and kept on disk, what networks are shown (of tiles, if
images are cut) and what detections are judged by. Flat arrays are shared by worker processes; lists are not.

Axes: N images, M boxes of all of them, V views: what a network is shown, an image or a tile of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from math import nan
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

PER_IMAGE = ("names", "sizes", "sources")
PER_BOX = ("image", "boxes", "labels", "ignored", "areas", "lines")


class Ignored(IntEnum):
    """Why a box is neither object nor background; `OBJECT` is neither: it counts."""

    OBJECT = 0
    CROWD = 1  # COCO's iscrowd
    DIFFICULT = 2  # PASCAL VOC, DOTA
    REGION = 3  # VisDrone's category 0: of no class
    NOT_EVALUATED = 4  # VisDrone's score 0
    MARKED = 5  # TinyPerson's ignore
    UNCERTAIN = 6  # TinyPerson
    DENSE = 7  # TinyPerson: on an image of a crowd
    SIZE = 8  # of a size that the dataset's view leaves out
    CUT = 9  # mostly outside the tile that it is seen on

    @property
    def words(self) -> str:
        """For people."""
        return self.name.lower().replace("_", " ")


class WrittenBox(NamedTuple):
    """One box as an annotation file has it: a row of `Annotations`.

    Attributes:
        box: x1 y1 x2 y2, pixels, half-open: the first pixel alone is 0 0 1 1.
        label: from 0; -1 where what is to be ignored is of no class.
        ignored: why it does not count.
        line: in the annotation file, or the object's number or id there, see `Annotations.unit`.
        area: square pixels; nan where the format does not say.
    """

    box: tuple[float, float, float, float]
    label: int
    ignored: Ignored = Ignored.OBJECT
    line: int = 0
    area: float = nan


class WrittenImage(NamedTuple):
    """One image as an annotation file has it: a row of `Annotations`.

    Attributes:
        name: path of the image file, relative to the set's folder, with forward slashes.
        size: width and height in pixels; None where the format does not say.
        boxes: on it.
        source: path of the annotation file, relative to the set's folder, to name in messages.
    """

    name: str
    size: tuple[int, int] | None
    boxes: Sequence[WrittenBox]
    source: str = ""


class Dropped(NamedTuple):
    """One thing that was left out or changed.

    Attributes:
        what: in a few words, the same for all of a kind, such as ``boxes of no size``.
        place: file, and line or id.
    """

    what: str
    place: str


@dataclass(frozen=True)
class Annotations:
    """The images and boxes of a split.

    Attributes:
        names: (N,), paths relative to the set's folder, or numbers.
        sizes: (N, 2), int64, width and height; 0 where the format does not say, until images are checked.
        sources: (N,), annotation file of each image.
        image: (M,), int64, ascending: the image that a box lies on.
        boxes: (M, 4), float64, xyxy pixels; may reach beyond the image.
        labels: (M,), int64, from 0; -1 where what is to be ignored is of no class.
        ignored: (M,), uint8, an `Ignored`.
        areas: (M,), float64, square pixels, as the annotations say; see `with_areas`.
        lines: (M,), int64, see `WrittenBox.line`.
        unit: what `lines` count: ``line``, ``object`` or ``annotation id``.
        dropped: what was left out or changed, in the order it was met.
    """

    names: NDArray[np.str_]
    sizes: NDArray[np.int64]
    sources: NDArray[np.str_]
    image: NDArray[np.int64]
    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]
    ignored: NDArray[np.uint8]
    areas: NDArray[np.float64]
    lines: NDArray[np.int64]
    unit: str = "line"
    dropped: tuple[Dropped, ...] = ()

    @classmethod
    def of_images(cls, images: Sequence[WrittenImage], unit: str = "line") -> Self:
        """Return the table of ``images``, in their order."""
        boxes = [box for image in images for box in image.boxes]
        return cls(
            names=np.array([image.name for image in images], np.str_),
            sizes=np.array([image.size or (0, 0) for image in images], np.int64).reshape(-1, 2),
            sources=np.array([image.source for image in images], np.str_),
            image=np.repeat(np.arange(len(images)), [len(image.boxes) for image in images]),
            boxes=np.array([box.box for box in boxes], np.float64).reshape(-1, 4),
            labels=np.array([box.label for box in boxes], np.int64),
            ignored=np.array([box.ignored for box in boxes], np.uint8),
            areas=np.array([box.area for box in boxes], np.float64),
            lines=np.array([box.line for box in boxes], np.int64),
            unit=unit,
        )

    @classmethod
    def of_arrays(
        cls,
        names: NDArray[np.str_],
        sizes: NDArray[np.int64],
        image: NDArray[np.int64],
        boxes: NDArray[np.floating],
        labels: NDArray[np.int64],
        ignored: NDArray[np.uint8],
    ) -> Self:
        """Return a table that no annotation file has lines of; areas are those of the boxes."""
        exact, nowhere = boxes.astype(np.float64), np.zeros(len(names), "U1")
        areas, lines = np.full(len(boxes), nan), np.zeros(len(boxes), np.int64)
        return cls(names, sizes, nowhere, image, exact, labels, ignored, areas, lines).with_areas()

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """(N + 1,), the boxes of image i are those from offsets[i] to offsets[i + 1]."""
        return np.searchsorted(self.image, np.arange(len(self) + 1)).astype(np.int64)

    def boxes_of(self, image: int) -> slice:
        """Return the rows of one image's boxes."""
        return slice(self.offsets[image], self.offsets[image + 1])

    @cached_property
    def counts(self) -> NDArray[np.bool_]:
        """(M,), which boxes are objects that count."""
        counting: NDArray[np.bool_] = self.ignored == Ignored.OBJECT
        return counting

    def with_areas(self) -> Self:
        """Return the table with the area of its box where the format does not say one."""
        extents = self.boxes[:, 2:] - self.boxes[:, :2]
        return replace(self, areas=np.where(np.isnan(self.areas), extents.prod(1), self.areas))

    def take_boxes(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the boxes where ``chosen`` (M,) is true, and all images."""
        if chosen.all():
            return self
        return replace(self, **{name: getattr(self, name)[chosen] for name in PER_BOX})

    def take_images(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the images where ``chosen`` (N,) is true, and their boxes."""
        if chosen.all():
            return self
        part = self.take_boxes(chosen[self.image])
        images = {name: getattr(self, name)[chosen] for name in PER_IMAGE}
        return replace(part, **images, image=(np.cumsum(chosen) - 1)[part.image])

    @classmethod
    def join(cls, parts: "Sequence[Annotations]") -> "Annotations":
        """Return several parts, at least one, one after the other."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
        arrays = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in (*PER_IMAGE, *PER_BOX)
        }
        arrays["image"] += np.repeat(starts, [len(part.image) for part in parts])
        dropped = tuple(dropped for part in parts for dropped in part.dropped)
        return cls(**arrays, unit=parts[0].unit, dropped=dropped)

    def place(self, box: int) -> str:
        """Return where box number ``box`` is written, for a message."""
        source, line = self.sources[self.image[box]], self.lines[box]
        return f"{source}:{line}" if self.unit == "line" else f"{source}, {self.unit} {line}"


@dataclass(frozen=True)
class Views:
    """Which part of which image each view is.

    Attributes:
        image: (V,), int64.
        corner: (V, 2), float64, x and y of the view's upper left corner on its image, pixels.
        merge_iou: detections of one class from views that overlap are merged by non-maximum suppression at
            this overlap; None where each view is a whole image.
    """

    image: NDArray[np.int64]
    corner: NDArray[np.float64]
    merge_iou: float | None = None
