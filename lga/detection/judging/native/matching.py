"""Which detections overlap which boxes, which a protocol looks at, and which are right by greedy matching.

How much of a box lies in any of several regions is found exactly: regions may overlap, coordinates be
fractions. The regions' edges cut the plane into a grid, whose cells lie in a region or in none; a box has in
common with a cell the product of what it has in common with its column and with its row.

Shapes: P detections by falling score, M boxes, Q pairs of a detection and a box that share an area,
T thresholds of overlap; N boxes, R regions, X columns, Y rows.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lga.detection.judging.collector import (
    BOX,
    CLASS,
    IMAGE,
    SCORE,
    Floats,
    WholeImages,
    areas_of,
    rows_by_group,
    shared_areas,
)
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
    areas, box_areas = areas_of(detections[:, BOX]), areas_of(boxes)
    iou = shared / (areas[detection] + box_areas[box] - shared)
    share = shared / areas[detection]
    order = np.lexsort((-box, -iou, detection))
    return Overlaps(detection[order], box[order], iou[order], share[order])


def _intersections(detections: Floats, truth: Annotations) -> tuple[Ints, Ints, Floats]:
    """Return detection, box and area in common (Q,) of the pairs."""
    of_detections = rows_by_group(detections[:, IMAGE], detections[:, CLASS])
    of_boxes = rows_by_group(truth.image, truth.labels)
    found: list[tuple[Ints, Ints, Floats]] = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for group in of_detections.keys() & of_boxes.keys():
        rows, columns = of_detections[group], of_boxes[group]
        step = max(1, PAIRS_AT_ONCE // len(columns))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            shared = shared_areas(detections[part, BOX], truth.boxes[columns])
            row, column = shared.nonzero()
            found.append((part[row], columns[column], shared[row, column]))
    detection, box, area = (np.concatenate(column) for column in zip(*found, strict=True))
    return detection, box, area


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


@dataclass(frozen=True)
class Verdicts:
    """What is neither right nor neutral is wrong.

    Attributes:
        taken: (T, P), the number of the object that a right detection found; -1 for none.
        neutral: (T, P), counts neither for nor against.
    """

    taken: Ints
    neutral: Bools


def greedy_verdicts(pairs: Overlaps, counts: Bools, thresholds: Floats, num_detections: int) -> Verdicts:
    """Judge detections against objects and boxes to be ignored.

    A detection that gets no object is neutral where a box to be ignored covers at least the threshold of the
    detection's own area. Such a box may serve any number of detections. (COCO first matches what is out of
    range by intersection over union; beside this rule that makes no difference, since it is never larger.)

    Args:
        pairs: of detections by falling score.
        counts: (M,), which boxes are objects; the others are to be ignored.
        thresholds: (T,).
        num_detections: P.
    """
    objects, others = pairs.where(counts[pairs.box]), pairs.where(~counts[pairs.box])
    covered = np.zeros(num_detections)
    np.maximum.at(covered, others.detection, others.share)
    taken = np.array([greedy(objects.where(objects.iou >= t), num_detections) for t in thresholds])
    return Verdicts(taken, (taken < 0) & (covered >= thresholds[:, None]))


def greedy(pairs: Overlaps, num_detections: int) -> Ints:
    """Return the number of the box that each detection gets (P,), -1 for none.

    In their order, detections take the box that they overlap most of those still free. This is found for all
    of a split at once by deferred acceptance (Gale and Shapley, 1962, https://doi.org/10.2307/2312726): each
    asks for the box it likes best, a box keeps the first in order, the others ask for their next one, until
    none is turned down. As all boxes have the same order of detections, there is one stable result, this one.

    Args:
        pairs: those that may be matched.
        num_detections: P.
    """
    asking, choice = np.unique(pairs.detection, return_index=True)
    end = np.append(choice[1:], len(pairs.detection))
    holder = np.empty(pairs.box.max(initial=-1) + 1, np.int64)
    while True:
        wanted = pairs.box[choice]
        holder.fill(num_detections)
        np.minimum.at(holder, wanted, asking)
        refused = holder[wanted] != asking
        if not refused.any():
            break
        choice = choice + refused
        left = choice < end
        asking, choice, end = asking[left], choice[left], end[left]
    got = np.full(num_detections, -1)
    got[asking] = wanted
    return got


def covered_share(boxes: Floats, regions: Floats) -> Floats:
    """Return the share of each box (N, 4) that regions (R, 4) cover (N,), 0 where it has no area; xyxy."""
    if not len(regions):
        return np.zeros(len(boxes))
    columns, rows = np.unique(regions[:, [0, 2]]), np.unique(regions[:, [1, 3]])
    in_columns = _columns_inside(regions[:, [0, 2]], columns).astype(float)
    in_rows = _columns_inside(regions[:, [1, 3]], rows).astype(float)
    inside = in_columns.T @ in_rows > 0
    widths = _common_lengths(boxes[:, [0, 2]], columns)
    heights = _common_lengths(boxes[:, [1, 3]], rows)
    covered = ((widths @ inside.astype(float)) * heights).sum(1)
    areas = areas_of(boxes)
    share: Floats = np.divide(covered, areas, out=np.zeros(len(boxes)), where=areas > 0)
    return share


def _columns_inside(spans: Floats, edges: Floats) -> Bools:
    """Return which columns between edges (X + 1,) lie in which spans (R, 2), as (R, X)."""
    return (spans[:, :1] <= edges[:-1]) & (edges[1:] <= spans[:, 1:])


def _common_lengths(spans: Floats, edges: Floats) -> Floats:
    """Return what spans (N, 2) have in common with the columns between edges (X + 1,), as (N, X)."""
    lengths: Floats = (np.minimum(spans[:, 1:], edges[1:]) - np.maximum(spans[:, :1], edges[:-1])).clip(0)
    return lengths
