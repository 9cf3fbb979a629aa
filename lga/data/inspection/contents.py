"""What the images of a part or split hold, counted.

Axes: N images, M boxes of all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lga.data.inspection.sizes import BoxSizes, ImageSizes, box_roots
from lga.structures.ground_truth import Ignored


@dataclass(frozen=True)
class Contents:
    """Counts and sizes.

    Attributes:
        images: number of images.
        per_class: number of objects that count, of images in classification, by class.
        image_sizes: None of no image.
        boxes: number of boxes, those to be ignored too; None in classification, as what follows.
        objects: number of boxes that count.
        without_objects: number of images that have none.
        ignored: number of boxes that do not count, by reason.
        box_sizes: of the boxes that count.
    """

    images: int
    per_class: dict[str, int]
    image_sizes: ImageSizes | None
    boxes: int | None = None
    objects: int | None = None
    without_objects: int | None = None
    ignored: dict[str, int] | None = None
    box_sizes: BoxSizes | None = None

    @classmethod
    def of_boxes(
        cls,
        sizes: NDArray[np.int64],
        image: NDArray[np.int64],
        boxes: NDArray[np.floating],
        labels: NDArray[np.int64],
        ignored: NDArray[np.uint8],
        class_names: Sequence[str],
    ) -> Self:
        """Return the contents of a detection set.

        Args:
            sizes: (N, 2), width and height of each image.
            image: (M,), the image of each box.
            boxes: (M, 4), xyxy pixels.
            labels: (M,), from 0; -1 for no class.
            ignored: (M,), an `Ignored`.
            class_names: in the order of the labels.
        """
        counting = ignored == Ignored.OBJECT
        reasons = {code.words: int((ignored == code).sum()) for code in Ignored if code != Ignored.OBJECT}
        return cls(
            images=len(sizes),
            per_class=count_classes(labels[counting], class_names),
            image_sizes=ImageSizes.of(sizes),
            boxes=len(labels),
            objects=int(counting.sum()),
            without_objects=len(sizes) - len(np.unique(image[counting])),
            ignored={reason: count for reason, count in reasons.items() if count},
            box_sizes=BoxSizes.of(box_roots(boxes[counting])),
        )


def count_classes(labels: NDArray[np.int64], class_names: Sequence[str]) -> dict[str, int]:
    """Return how often each class occurs among labels (M,)."""
    counts = np.bincount(labels, minlength=len(class_names)).tolist()
    return dict(zip(class_names, counts, strict=True))
