"""The splits of a detection set: images with their boxes.

Axes: N images of a split, n boxes of one image.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.image_stores import ImageStore, picked
from lga.data.loading.splits import Splits
from lga.structures.annotations import Annotations, Ignored, Views
from lga.system.errors import UserError


class Targets(NamedTuple):
    """The boxes of one image.

    Attributes:
        boxes: (n, 4), float32, x1 y1 x2 y2 in pixels.
        labels: (n,), int64, from 0; -1 where a box to be ignored is of no class.
        ignore: (n,), bool, true for what is neither object nor background.
    """

    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]
    ignore: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.bool_]) -> "Targets":
        """Return the boxes where ``chosen`` (n,) is true."""
        return Targets(self.boxes[chosen], self.labels[chosen], self.ignore[chosen])

    @classmethod
    def join(cls, parts: Sequence["Targets"]) -> "Targets":
        """Return the boxes of several images, at least one, as one list."""
        boxes, labels, ignore = zip(*parts, strict=True)
        return cls(np.concatenate(boxes), np.concatenate(labels), np.concatenate(ignore))


@dataclass(frozen=True)
class DetectionSource:
    """A split, image by image.

    Attributes:
        images: the pixels of the N images; may be resized, see `lga.data.detection.image_cache`.
        annotations: of the N images, checked.
        split: what to call it in messages, such as ``digit_scenes val``.
        counted: what is marked, and counts as an object in training and in the `paper` protocol.
        whole: of the whole images, as judging needs it; None where ``annotations`` are that.
        views: which part of which whole image each of the N images is; None where each is one.
    """

    images: ImageStore
    annotations: Annotations
    split: str
    counted: Collection[Ignored] = ()
    whole: Annotations | None = None
    views: Views | None = None

    @property
    def truth(self) -> Annotations:
        """What is on the whole images."""
        return self.annotations if self.whole is None else self.whole

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(N, 2), width and height of each image's file in pixels."""
        return self.annotations.sizes

    @property
    def names(self) -> NDArray[np.str_]:
        """(N,), of the files, or numbers."""
        return self.annotations.names

    @property
    def counts(self) -> NDArray[np.bool_]:
        """(M,), which boxes of the whole images are objects that count."""
        return ~self._ignores[self.truth.ignored]

    @cached_property
    def _ignores(self) -> NDArray[np.bool_]:
        """Whether a box is to be ignored, by its `Ignored`."""
        return ~np.isin(list(Ignored), (Ignored.OBJECT, *self.counted))

    def targets(self, index: int) -> Targets:
        """Return the boxes of one image, clipped to it."""
        table = self.annotations
        part = table.boxes_of(index)
        limits = np.tile(table.sizes[index], 2)
        boxes = np.minimum(np.maximum(table.boxes[part], 0), limits).astype(np.float32)
        return Targets(boxes, table.labels[part], self._ignores[table.ignored[part]])

    def take(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the images where ``chosen`` (N,) is true, to train on: what judging needs is left out."""
        images = picked(self.images, np.flatnonzero(chosen))
        annotations = self.annotations.take_images(chosen)
        return replace(self, images=images, annotations=annotations, whole=None, views=None)

    def __len__(self) -> int:
        return len(self.annotations)


@dataclass(frozen=True)
class DetectionSplits(Splits[DetectionSource]):
    """The splits of a detection set; one with no image is a `UserError`."""

    def __post_init__(self) -> None:
        for source in (self.train, self.val, self.test):
            if len(source) == 0:
                raise UserError(
                    f"{source.split}: no image; training, validation and test need at least one each: "
                    "check the folder and dataset.reader's settings"
                )
