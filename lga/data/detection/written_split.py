"""What the annotation files of a split say, as they say it: the result of parsing, before any check.

Axes: N images, M boxes of all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lga.structures.ground_truth import Ignored

PER_IMAGE = ("names", "sizes", "sources")
PER_BOX = ("image", "boxes", "labels", "ignored", "areas", "lines")


class WrittenBox(NamedTuple):
    """One box.

    Attributes:
        box: x1 y1 x2 y2, pixels, half-open: the first pixel alone is 0 0 1 1.
        label: from 0; -1 where what is to be ignored is of no class.
        ignored: why it does not count.
        line: in the annotation file, or the object's number or id there, see `WrittenImage.unit`.
        area: square pixels; nan where the format does not say.
    """

    box: tuple[float, float, float, float]
    label: int
    ignored: Ignored = Ignored.OBJECT
    line: int = 0
    area: float = nan


class WrittenImage(NamedTuple):
    """One image.

    Attributes:
        name: path of the image file, relative to the set's folder, with forward slashes.
        size: width and height in pixels; None where the format does not say.
        boxes: on it.
        source: path of the annotation file, relative to the set's folder, to name in messages.
    """

    name: str
    size: tuple[int, int] | None
    boxes: Sequence[WrittenBox]
    source: str


@dataclass(frozen=True)
class WrittenSplit:
    """The images and boxes of a split in flat arrays.

    Attributes:
        names: (N,), paths relative to the set's folder.
        sizes: (N, 2), int64, width and height; 0 where the format does not say.
        image: (M,), int64, ascending: the image of each box.
        boxes: (M, 4), float64, xyxy pixels.
        labels: (M,), int64.
        ignored: (M,), uint8, an `Ignored`.
        areas: (M,), float64; nan where the format does not say.
        lines: (M,), int64, see `WrittenBox.line`.
        sources: (N,), annotation file of each image.
        unit: what `lines` count: ``line``, ``object`` or ``annotation id``.
    """

    names: NDArray[np.str_]
    sizes: NDArray[np.int64]
    image: NDArray[np.int64]
    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]
    ignored: NDArray[np.uint8]
    areas: NDArray[np.float64]
    lines: NDArray[np.int64]
    sources: NDArray[np.str_]
    unit: str = "line"

    @classmethod
    def of_images(cls, images: Sequence[WrittenImage], unit: str = "line") -> Self:
        """Return the split of ``images``, in their order."""
        boxes = [box for image in images for box in image.boxes]
        return cls(
            names=np.array([image.name for image in images], np.str_),
            sizes=np.array([image.size or (0, 0) for image in images], np.int64).reshape(-1, 2),
            image=np.repeat(np.arange(len(images)), [len(image.boxes) for image in images]),
            boxes=np.array([box.box for box in boxes], np.float64).reshape(-1, 4),
            labels=np.array([box.label for box in boxes], np.int64),
            ignored=np.array([box.ignored for box in boxes], np.uint8),
            areas=np.array([box.area for box in boxes], np.float64),
            lines=np.array([box.line for box in boxes], np.int64),
            sources=np.array([image.source for image in images], np.str_),
            unit=unit,
        )

    def take_boxes(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the split with the boxes where ``chosen`` (M,) is true, and all images."""
        if chosen.all():
            return self
        return replace(self, **{name: getattr(self, name)[chosen] for name in PER_BOX})

    def take_images(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the split with the images where ``chosen`` (N,) is true, and their boxes."""
        if chosen.all():
            return self
        part = self.take_boxes(chosen[self.image])
        images = {name: getattr(self, name)[chosen] for name in PER_IMAGE}
        return replace(part, **images, image=(np.cumsum(chosen) - 1)[part.image])

    @classmethod
    def join(cls, parts: "Sequence[WrittenSplit]") -> Self:
        """Return several parts, at least one, one after the other."""
        starts = np.cumsum([0, *(len(part.names) for part in parts[:-1])])
        arrays = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in (*PER_IMAGE, *PER_BOX)
        }
        shifted = [part.image + start for part, start in zip(parts, starts, strict=True)]
        arrays["image"] = np.concatenate(shifted)
        return cls(**arrays, unit=parts[0].unit)

    def place(self, box: int) -> str:
        """Return where box number ``box`` is written, for a message."""
        source, line = self.sources[self.image[box]], self.lines[box]
        return f"{source}:{line}" if self.unit == "line" else f"{source}, {self.unit} {line}"
