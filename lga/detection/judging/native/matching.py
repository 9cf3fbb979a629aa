"""Which detections are right: the greedy matching of COCO, and with it what counts neither for nor against.

Shapes: P detections by falling score, M boxes, Q pairs, T thresholds of overlap.
"""

from dataclasses import dataclass

import numpy as np

from lga.detection.judging.collector import Floats
from lga.detection.judging.native.overlaps import Bools, Overlaps


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
