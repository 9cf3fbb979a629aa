"""Which detections overlap which boxes of their image and class, and by how much.

Shapes: P detections, M boxes, Q pairs of a detection and a box that share an area.

Which detections and boxes a protocol looks at, and in which order.

Shapes: P detections, M boxes.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lga.detection.judging.collector import Floats
from lga.detection.judging.whole_images import BOX, CLASS, IMAGE, SCORE, WholeImages
from lga.structures.annotations import Annotations
from lga.system.errors import UserError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
PAIRS_AT_ONCE = 1_000_000  # bounds the memory on images of thousands of objects


@dataclass(frozen=True)
class Overlaps:
    """Pairs by detection, those of a detection by falling overlap, equal ones by falling number of the box.

    Attributes:
        detection: (Q,), ascending, number of the detection.
        box: (Q,), number of the box.
        iou: (Q,), intersection over union.
        share: (Q,), intersection over the detection's own area.
    """

    detection: Ints
    box: Ints
    iou: Floats
    share: Floats

    def where(self, chosen: Bools) -> Self:
        """Return the pairs where ``chosen`` (Q,) is true."""
        return type(self)(self.detection[chosen], self.box[chosen], self.iou[chosen], self.share[chosen])


def overlaps(detections: Floats, truth: Annotations) -> Overlaps:
    """Return the overlaps of detections (P, 7) with the boxes of ``truth``; those of class -1 have none."""
    boxes = truth.boxes
    detection, box, shared = _intersections(detections, truth)
    areas, box_areas = ((b[:, 2:] - b[:, :2]).prod(1) for b in (detections[:, BOX], boxes))
    iou = shared / (areas[detection] + box_areas[box] - shared)
    share = shared / areas[detection]
    order = np.lexsort((-box, -iou, detection))
    return Overlaps(detection[order], box[order], iou[order], share[order])


def _intersections(detections: Floats, truth: Annotations) -> tuple[Ints, Ints, Floats]:
    """Return detection, box and area in common (Q,) of the pairs."""
    of_detections = _rows_by_group(detections[:, IMAGE], detections[:, CLASS])
    of_boxes = _rows_by_group(truth.image, truth.labels)
    found: list[tuple[Ints, Ints, Floats]] = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for group in of_detections.keys() & of_boxes.keys():
        rows, columns = of_detections[group], of_boxes[group]
        step = max(1, PAIRS_AT_ONCE // len(columns))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            shared = _shared_areas(detections[part, BOX], truth.boxes[columns])
            row, column = shared.nonzero()
            found.append((part[row], columns[column], shared[row, column]))
    detection, box, area = (np.concatenate(column) for column in zip(*found, strict=True))
    return detection, box, area


def _rows_by_group(image: Floats | Ints, label: Floats | Ints) -> dict[tuple[int, ...], Ints]:
    """Return the rows of each image and class."""
    order = np.lexsort((label, image))
    keys, first = np.unique(np.c_[image, label][order], axis=0, return_index=True)
    return dict(zip(map(tuple, keys.astype(int).tolist()), np.split(order, first[1:]), strict=False))


def _shared_areas(boxes: Floats, others: Floats) -> Floats:
    """Return the areas in common (N, M) of boxes (N, 4) and others (M, 4), xyxy."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    areas: Floats = (high - low).clip(0).prod(2)
    return areas


def keep(found: WholeImages, detections: Bools, boxes: Bools) -> WholeImages:
    """Return the detections (P,) and boxes (M,) that are marked, on the same images."""
    return replace(found, detections=found.detections[detections], truth=found.truth.take_boxes(boxes))


def by_falling_score(detections: Floats) -> Floats:
    """Return detections (P, 7) of all images, the best first; equal ones in the order given."""
    return detections[np.argsort(-detections[:, SCORE], kind="stable")]


def rank_on_image(detections: Floats) -> Ints:
    """Return how many of its image's detections (P, 7) stand before each (P,)."""
    order = np.argsort(detections[:, IMAGE], kind="stable")
    _, first, counts = np.unique(detections[order, IMAGE], return_index=True, return_counts=True)
    rank = np.empty(len(detections), np.int64)
    rank[order] = np.arange(len(detections)) - np.repeat(first, counts)
    return rank


def check_max_detections(*numbers: int) -> None:
    """Raise a UserError unless there are numbers, each at least 1."""
    if not numbers or min(numbers) < 1:
        raise UserError(f"max_detections={list(numbers)} is impossible: each must be at least 1")
