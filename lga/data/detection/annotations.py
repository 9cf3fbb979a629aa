"""The boxes of all images of a split in a few flat arrays, so that worker processes share them.

Axes: N images, M boxes of all images, n boxes of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray


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
