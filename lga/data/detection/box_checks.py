"""Checks the boxes that a reader found, and counts what is wrong with them.

Order of the checks: not finite, inverted, of no size, label outside the classes, wholly outside the image;
what is left is clipped to the image.

Axes: n boxes of one image.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.annotations import Targets
from lga.structures import UserError

ON_ERROR = ("raise", "skip")
CLIPPED = "boxes clipped to the image"
SLACK = 1e-3  # pixels; what decimals in an annotation file may round away is not counted as clipping


class BoxChecks:
    """Checks boxes image by image.

    Args:
        num_classes: labels are 0 to num_classes - 1; a box to be ignored may also have -1, no class.
        on_error: ``raise`` refuses the first bad box, ``skip`` drops and counts bad boxes.

    Attributes:
        counts: how many boxes were dropped, by what was wrong, and how many were clipped.
    """

    def __init__(self, num_classes: int, on_error: str) -> None:
        if on_error not in ON_ERROR:
            raise UserError(
                f"dataset.reader.on_error={on_error!r} is unknown: choose one of {', '.join(ON_ERROR)}"
            )
        self.num_classes = num_classes
        self.on_error = on_error
        self.counts: Counter[str] = Counter()

    def __call__(self, targets: Targets, size: tuple[int, int], place: str) -> Targets:
        """Return the good boxes, clipped to the image.

        Args:
            targets: as read.
            size: width and height of the image, pixels.
            place: file (and line, if there is one) to name in an error.

        Raises:
            UserError: a box is bad, and ``on_error`` is ``raise``.
        """
        good = np.ones(len(targets.labels), bool)
        for fault, found in self._faults(targets, size).items():
            new = found & good
            if new.any():
                self._refuse(fault, targets, int(new.argmax()), place)
                self.counts[f"boxes {fault}"] += int(new.sum())
                good &= ~new
        return self._clip(targets.take(good), size)

    def _faults(self, targets: Targets, size: tuple[int, int]) -> dict[str, NDArray[np.bool_]]:
        x1, y1, x2, y2 = targets.boxes.T
        known = (targets.labels >= 0) & (targets.labels < self.num_classes)
        return {
            "not finite": ~np.isfinite(targets.boxes).all(1),
            "inverted": (x2 < x1) | (y2 < y1),
            "of no size": (x2 == x1) | (y2 == y1),
            "of an unknown class": ~known & ~(targets.ignore & (targets.labels == -1)),
            "outside the image": (x2 <= 0) | (y2 <= 0) | (x1 >= size[0]) | (y1 >= size[1]),
        }

    def _refuse(self, fault: str, targets: Targets, worst: int, place: str) -> None:
        if self.on_error == "skip":
            return
        box = ", ".join(f"{number:g}" for number in targets.boxes[worst])
        raise UserError(
            f"{place}: box {worst + 1} is {fault}: x1 y1 x2 y2 = {box}, class {targets.labels[worst]} of "
            f"{self.num_classes}; correct it, or set dataset.reader.on_error=skip to drop and count them"
        )

    def _clip(self, targets: Targets, size: tuple[int, int]) -> Targets:
        limits = np.array((*size, *size), np.float32)
        boxes = np.clip(targets.boxes, 0, limits)
        moved = np.abs(boxes - targets.boxes).max(1, initial=0) > SLACK
        if moved.any():
            self.counts[CLIPPED] += int(moved.sum())
        return targets._replace(boxes=boxes)
