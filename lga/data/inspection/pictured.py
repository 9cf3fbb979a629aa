"""The images of a part, as its contact sheet and its figure of sizes need them.

Axes: N images, M boxes of all of them, n boxes of one, H rows, W columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from lga.data.classification.labelled_images import LabelledImages
from lga.data.detection.image_stores import FileImages
from lga.data.detection.split_index import SplitIndex
from lga.data.detection.splits import DetectionSource
from lga.data.inspection.published_set import ignored_of
from lga.structures.ground_truth import Ignored


class Loads(Protocol):
    """Gives out images."""

    def load(self, index: int) -> NDArray[np.uint8]:
        """Return one image, (H, W, 3); a UserError if it cannot be read."""


@dataclass(frozen=True)
class Pictured:
    """Images with their boxes.

    Attributes:
        title: name of the set and the part.
        images: the pixels.
        captions: (N,), of each image.
        sizes: (N, 2), width and height.
        offsets: (N + 1,); the boxes of image i are those from offsets[i] to offsets[i + 1].
        boxes: (M, 4), xyxy pixels.
        labels: (M,), -1 for no class.
        ignored: (M,), an `Ignored`.
        class_names: in the order of the labels.
    """

    title: str
    images: Loads
    captions: Sequence[str]
    sizes: NDArray[np.int64]
    offsets: NDArray[np.int64]
    boxes: NDArray[np.floating]
    labels: NDArray[np.int64]
    ignored: NDArray[np.uint8]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sizes)

    @classmethod
    def of_index(cls, title: str, root: Path, index: SplitIndex, class_names: tuple[str, ...]) -> Self:
        """Return the pictures of a published part, whose names are relative to ``root``."""
        w = index.written
        offsets = np.searchsorted(w.image, np.arange(len(index) + 1)).astype(np.int64)
        captions = [Path(name).name for name in w.names.tolist()]
        store = FileImages(root, w.names, w.sizes)
        return cls(title, store, captions, w.sizes, offsets, w.boxes, w.labels, w.ignored, class_names)

    @classmethod
    def of_split(
        cls, title: str, source: DetectionSource | LabelledImages, class_names: tuple[str, ...]
    ) -> Self:
        """Return the pictures of a split; those of labelled images have their class as caption."""
        if isinstance(source, LabelledImages):
            return cls._of_labelled(title, source, class_names)
        (boxes, labels, _), offsets = source.annotations.targets, source.annotations.offsets
        captions = [str(name) for name in source.names]
        return cls(
            title, source.images, captions, source.sizes, offsets, boxes, labels,
            ignored_of(source), class_names,
        )  # fmt: skip

    @classmethod
    def _of_labelled(cls, title: str, source: LabelledImages, class_names: tuple[str, ...]) -> Self:
        height, width = source.images.shape[-2:]
        none = np.zeros(0, np.int64)
        return cls(
            title=title,
            images=_Labelled(source),
            captions=[class_names[label] for label in source.labels.tolist()],
            sizes=np.tile(np.array([width, height], np.int64), (len(source), 1)),
            offsets=np.zeros(len(source) + 1, np.int64),
            boxes=np.zeros((0, 4)),
            labels=none,
            ignored=none.astype(np.uint8),
            class_names=class_names,
        )

    @property
    def counting(self) -> NDArray[np.float64]:
        """The boxes that count, (n, 4)."""
        boxes: NDArray[np.float64] = self.boxes[self.ignored == Ignored.OBJECT]
        return boxes


class _Labelled:
    def __init__(self, source: LabelledImages) -> None:
        self.source = source

    def load(self, index: int) -> NDArray[np.uint8]:
        pixels = self.source.images[index].numpy()
        return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels.transpose(1, 2, 0)
