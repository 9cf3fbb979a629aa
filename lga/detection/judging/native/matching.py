"""Which detections are right: the greedy matching of COCO, and with it what counts neither for nor against.

Shapes: P detections by falling score, M boxes, Q pairs, T thresholds of overlap.

How much of a box lies in any of several regions, exactly: regions may overlap, coordinates be fractions.

The regions' edges cut the plane into a grid, whose cells lie in a region or in none; a box has in common with
a cell the product of what it has in common with its column and with its row.

Shapes: N boxes, R regions, X columns, Y rows.
"""

from dataclasses import dataclass

import numpy as np

from lga.detection.judging.collector import Floats
from lga.detection.judging.native.boxes import Bools, Overlaps


@dataclass(frozen=True)
class Verdicts:
    """What is neither right nor neutral is wrong.

    Attributes:
        right: (T, P).
        neutral: (T, P), counts neither for nor against.
    """

    right: Bools
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
    right = np.array([greedy(objects.where(objects.iou >= t), num_detections) for t in thresholds])
    return Verdicts(right, ~right & (covered >= thresholds[:, None]))


def greedy(pairs: Overlaps, num_detections: int) -> Bools:
    """Return which detections get a box (P,).

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
    got = np.zeros(num_detections, np.bool_)
    got[asking] = True
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
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    share: Floats = np.divide(covered, areas, out=np.zeros(len(boxes)), where=areas > 0)
    return share


def _columns_inside(spans: Floats, edges: Floats) -> Bools:
    """Return which columns between edges (X + 1,) lie in which spans (R, 2), as (R, X)."""
    return (spans[:, :1] <= edges[:-1]) & (edges[1:] <= spans[:, 1:])


def _common_lengths(spans: Floats, edges: Floats) -> Floats:
    """Return what spans (N, 2) have in common with the columns between edges (X + 1,), as (N, X)."""
    lengths: Floats = (np.minimum(spans[:, 1:], edges[1:]) - np.maximum(spans[:, :1], edges[:-1])).clip(0)
    return lengths
