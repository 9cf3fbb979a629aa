"""The `paper` protocol: mean average precision by the paper's toolchain, that of the YOLOv8 family.

It knows nothing of regions to be ignored: they are left out, and a detection on one is a false positive. Nor
of tiles: each is an image. An object that is annotated twice, in the same place and class, is one.

It is not COCO's: precision is joined linearly to (recall 1, precision 0), which adds area beyond the recall
reached (a perfect class has 0.995, and 20 true positives of 100 objects with nothing else 0.600); a
detection counts for its best-overlapping object or for none; there are no crowds or sizes.

Shapes: P predictions and T targets of all images together, C classes that occur in the targets, 10
thresholds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lga.detection.judging.collector import (
    Collected,
    Floats,
    Judgement,
    areas_of,
    rows_by_group,
    shared_areas,
)

Ints = NDArray[np.integer]

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_POINTS = np.linspace(0, 1, 101)
EPS = 1e-7


@dataclass
class AveragePrecision:
    """The result.

    Attributes:
        per_class: (C, 10), average precision at each IoU threshold 0.5, 0.55, ..., 0.95.
        classes: (C,), the class of each row.
    """

    per_class: Floats
    classes: Ints

    @property
    def map50(self) -> float:
        """Mean over the classes at IoU 0.5, in [0, 1]; 0 without targets."""
        return float(self.per_class[:, 0].mean()) if len(self.classes) else 0.0

    @property
    def map50_95(self) -> float:
        """Mean over the classes and the ten thresholds, in [0, 1]; 0 without targets."""
        return float(self.per_class.mean()) if len(self.classes) else 0.0

    @property
    def fitness(self) -> float:
        """What the paper's toolchain selects its best epoch by: 0.1 mAP50 + 0.9 mAP50-95."""
        return 0.1 * self.map50 + 0.9 * self.map50_95


def average_precision(predictions: Floats, targets: Floats) -> AveragePrecision:
    """Judge all predictions of a data set at once.

    Args:
        predictions: (P, 7) rows of image, x1, y1, x2, y2, score, class; images by number, any order.
        targets: (T, 6) rows of image, x1, y1, x2, y2, class, in the same pixels.
    """
    predictions = predictions[np.argsort(-predictions[:, 5], kind="stable")]
    hits = true_positives(predictions, targets)
    classes, counts = np.unique(targets[:, 5].astype(np.int64), return_counts=True)
    per_class = [
        class_average_precision(hits[predictions[:, 6] == c], count)
        for c, count in zip(classes, counts, strict=True)
    ]
    return AveragePrecision(np.array(per_class).reshape(len(classes), len(THRESHOLDS)), classes)


def true_positives(predictions: Floats, targets: Floats) -> NDArray[np.bool_]:
    """Return whether each prediction is right at each threshold (P, 10); predictions by falling score.

    A prediction claims the target of its image and class that it overlaps most. Of a target's claimants
    above the threshold the first, that of highest score, is right; a claimant that loses is not given its
    second choice."""
    claimed, overlap = claims(predictions, targets)
    hits = np.zeros((len(predictions), len(THRESHOLDS)), dtype=bool)
    for i, threshold in enumerate(THRESHOLDS):
        claimants = np.flatnonzero((claimed >= 0) & (overlap >= threshold))
        first = np.unique(claimed[claimants], return_index=True)[1]
        hits[claimants[first], i] = True
    return hits


def claims(predictions: Floats, targets: Floats) -> tuple[Ints, Floats]:
    """Return the target that each prediction overlaps most (P,), -1 for none, and the overlap (P,)."""
    claimed = np.full(len(predictions), -1)
    overlap = np.zeros(len(predictions))
    of_prediction, of_target = rows_by_group(predictions[:, 0]), rows_by_group(targets[:, 0])
    for image in of_prediction.keys() & of_target.keys():
        rows, candidates = of_prediction[image], of_target[image]
        iou = _iou(predictions[rows, 1:5], targets[candidates, 1:5])
        iou *= predictions[rows, 6][:, None] == targets[candidates, 5][None, :]
        best = iou.argmax(1)
        claimed[rows] = candidates[best]
        overlap[rows] = iou[np.arange(len(rows)), best]
    return claimed, overlap


def class_average_precision(hits: NDArray[np.bool_], num_targets: int) -> Floats:
    """Return the average precision of one class at each threshold (10,).

    Args:
        hits: (P, 10), whether each prediction of the class is right; by falling score.
        num_targets: how many objects of the class there are.
    """
    if len(hits) == 0:
        return np.zeros(hits.shape[1])
    right = hits.cumsum(0)
    recall = right / num_targets
    precision = right / np.arange(1, len(hits) + 1)[:, None]
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    curves = [
        np.interp(RECALL_POINTS, np.r_[0, recall[:, i], 1], np.r_[1, envelope[:, i], 0])
        for i in range(hits.shape[1])
    ]
    return np.trapezoid(np.stack(curves), RECALL_POINTS, axis=1)


def _iou(boxes: Floats, others: Floats) -> Floats:
    """Return the overlap (N, M) of boxes (N, 4) with others (M, 4), xyxy."""
    intersection = shared_areas(boxes, others)
    iou: Floats = intersection / (areas_of(boxes)[:, None] + areas_of(others) - intersection + EPS)
    return iou


def judge_by_paper(collected: Collected) -> Judgement:
    """Return `paper/map50`, `paper/map50_95` and, of the split alone, `paper/fitness`."""
    objects = collected.judged_objects
    once = np.sort(np.unique(objects, axis=0, return_index=True)[1])
    found = average_precision(collected.detections, objects[once])
    return Judgement(
        metrics={
            "paper/map50": 100 * found.map50,
            "paper/map50_95": 100 * found.map50_95,
            "paper/fitness": 100 * found.fitness,
        },
        per_class={
            int(label): {"paper/map50": 100 * float(row[0]), "paper/map50_95": 100 * float(row.mean())}
            for label, row in zip(found.classes, found.per_class, strict=True)
        },
    )
