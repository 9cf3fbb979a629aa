"""The images of one split with their boxes.

Axes: N images, H rows, W columns, n boxes of one image.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.annotations import Annotations, Targets
from lga.data.detection.image_stores import ImageStore, picked
from lga.structures.ground_truth import GroundTruth, Ignored, Views


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
