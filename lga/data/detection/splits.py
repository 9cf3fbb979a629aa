"""The images of one split with their boxes.

Axes: N images, H rows, W columns, n boxes of one image.

The boxes of all images of a split in a few flat arrays, so that worker processes share them.

Axes: N images, M boxes of all images, n boxes of one.

The three splits of a detection set.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.image_stores import ImageStore, picked
from lga.structures.ground_truth import GroundTruth, Ignored, Views
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
class Annotations:
    """The boxes of N images, one after the other.

    Attributes:
        targets: of all images, M boxes.
        offsets: (N + 1,), int64; the boxes of image i are those from offsets[i] to offsets[i + 1].
    """

    targets: Targets
    offsets: NDArray[np.int64]

    @classmethod
    def of_images(cls, images: Sequence[Targets]) -> Self:
        """Return the annotations of the images, in their order."""
        offsets = np.cumsum([0, *(len(targets.labels) for targets in images)])
        return cls(Targets.join([no_targets(), *images]), offsets)

    def take(self, chosen: NDArray[np.bool_]) -> "Annotations":
        """Return the boxes of the images where ``chosen`` (N,) is true."""
        counts = np.diff(self.offsets)
        targets = self.targets.take(np.repeat(chosen, counts))
        return Annotations(targets, np.cumsum([0, *counts[chosen]]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Targets:
        part = slice(self.offsets[index], self.offsets[index + 1])
        everything = self.targets
        return Targets(everything.boxes[part], everything.labels[part], everything.ignore[part])


def no_targets() -> Targets:
    """Return the targets of an image with no boxes."""
    return Targets(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, bool))


@dataclass(frozen=True)
class DetectionSample:
    """One image as it was read.

    Attributes:
        image: (H, W, 3), uint8.
        targets: its boxes in pixels of ``image``.
        name: of its file, or its number.
    """

    image: NDArray[np.uint8]
    targets: Targets
    name: str


@dataclass(frozen=True)
class DetectionSource:
    """A split, image by image.

    Attributes:
        images: the pixels; may be resized, see `lga.data.detection.image_cache`.
        annotations: the boxes, checked.
        sizes: (N, 2), int, width and height of each image in pixels.
        names: (N,), of the files, or numbers.
        split: what to call it in messages, such as ``digit_scenes val``.
        whole: what is on the whole images, as judging needs it; None where ``annotations`` say all.
        views: which part of which whole image each of the N images is; None where each is one.
    """

    images: ImageStore
    annotations: Annotations
    sizes: NDArray[np.int64]
    names: NDArray[np.str_]
    split: str
    whole: GroundTruth | None = None
    views: Views | None = None

    @property
    def truth(self) -> GroundTruth:
        """What is on the whole images."""
        if self.whole is not None:
            return self.whole
        targets = self.annotations.targets
        boxes = targets.boxes.astype(np.float64)
        return GroundTruth(
            image=np.repeat(np.arange(len(self)), np.diff(self.annotations.offsets)),
            boxes=boxes,
            labels=targets.labels,
            ignored=np.where(targets.ignore, Ignored.MARKED, Ignored.OBJECT).astype(np.uint8),
            areas=(boxes[:, 2:] - boxes[:, :2]).prod(1),
            sizes=self.sizes,
            names=self.names,
        )

    def take(self, chosen: NDArray[np.bool_]) -> "DetectionSource":
        """Return the images where ``chosen`` (N,) is true, to train on: what judging needs is left out."""
        return DetectionSource(
            images=picked(self.images, np.flatnonzero(chosen)),
            annotations=self.annotations.take(chosen),
            sizes=self.sizes[chosen],
            names=self.names[chosen],
            split=self.split,
        )

    def __len__(self) -> int:
        return len(self.annotations)

    def __getitem__(self, index: int) -> DetectionSample:
        return DetectionSample(self.images.load(index), self.annotations[index], str(self.names[index]))


@dataclass(frozen=True)
class DetectionSplits:
    """What a reader gives; a split with no image is a `UserError`.

    Attributes:
        train, val, test: the splits; ``val`` is what a checkpoint is selected on.
        class_names: in the order of their labels.
        manifest: name of each source file -> sha256.
        selection: ``validation``, or ``test`` where ``val`` is the test split itself.
        dropped: what was left out or changed while reading, and how often.
    """

    train: DetectionSource
    val: DetectionSource
    test: DetectionSource
    class_names: tuple[str, ...]
    manifest: dict[str, str]
    selection: str = "validation"
    dropped: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for source in (self.train, self.val, self.test):
            if len(source) == 0:
                raise UserError(
                    f"{source.split}: no image; training, validation and test need at least one each: "
                    "check the folder and dataset.reader's settings"
                )

    @property
    def counts(self) -> dict[str, int]:
        """Number of images of each split."""
        return {"train": len(self.train), "val": len(self.val), "test": len(self.test)}

    def training_on(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the splits with the training images where ``chosen`` (N,) is true; the others stay."""
        return replace(self, train=self.train.take(chosen))
