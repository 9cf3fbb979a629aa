"""What is truly on the images of a split, in pixels of the whole images, as their annotation files say.

Axes: N images, M boxes of all of them, V views: what a network is shown, an image or a tile of one.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


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


@dataclass(frozen=True)
class GroundTruth:
    """The boxes of whole images.

    Attributes:
        image: (M,), int64, ascending: the image that a box lies on.
        boxes: (M, 4), float64, xyxy pixels.
        labels: (M,), int64, from 0; -1 where what is to be ignored is of no class.
        ignored: (M,), uint8, an `Ignored`.
        areas: (M,), float64, square pixels, as the annotations say; that of the box where they say none.
        sizes: (N, 2), int64, width and height.
        names: (N,), of the image files.
    """

    image: NDArray[np.int64]
    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]
    ignored: NDArray[np.uint8]
    areas: NDArray[np.float64]
    sizes: NDArray[np.int64]
    names: NDArray[np.str_]

    @cached_property
    def counts(self) -> NDArray[np.bool_]:
        """(M,), which boxes are objects that count."""
        counting: NDArray[np.bool_] = self.ignored == Ignored.OBJECT
        return counting

    def take_boxes(self, chosen: NDArray[np.bool_]) -> "GroundTruth":
        """Return the boxes where ``chosen`` (M,) is true, on the same images."""
        per_box = ("image", "boxes", "labels", "ignored", "areas")
        return replace(self, **{name: getattr(self, name)[chosen] for name in per_box})


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
