"""The metric of the Global Wheat Detection competition of 2020, https://www.kaggle.com/c/global-wheat-detection.

It is no average precision: the detections of an image are taken as they are, and its precision is
TP / (TP + FP + FN), the mean over overlaps 0.5, 0.55, ..., 0.75; the result is the mean over images.

- Detections of at least `score_threshold` are judged. The competition was handed boxes that their makers had
  chosen by score, so the value depends on this setting; our default is that of our confusion matrix.
- By falling score, each detection takes the object that it overlaps most of those still free, where the
  overlap is more than the threshold ("greater than", as the competition writes).
- An image without objects has 0 with any detection, as the competition writes; it does not say what it has
  without any, and we take it to be right: 1.
- The set has nothing to be ignored; boxes to be ignored, should a truth have any, are left out.

Shapes: n images, T = 6 thresholds.
"""

from dataclasses import dataclass

import numpy as np

from lga.detection.judging.collector import IMAGE, SCORE, Floats, Judgement, WholeImages
from lga.detection.judging.native.matching import Ints, by_falling_score, greedy, keep, overlaps
from lga.system.errors import UserError

THRESHOLDS = np.linspace(0.5, 0.75, 6)


@dataclass(frozen=True, kw_only=True)
class GlobalWheat:
    """Returns `native/precision`, the mean over images; nothing per class, as there is one.

    Args:
        score_threshold: detections below are left out.
    """

    score_threshold: float = 0.25

    def __post_init__(self) -> None:
        if not 0 <= self.score_threshold <= 1:
            raise UserError(f"score_threshold={self.score_threshold} is impossible: it must be from 0 to 1")

    def __call__(self, found: WholeImages) -> Judgement:
        """Judge."""
        if not len(found.images):
            return Judgement({}, {})
        confident = found.detections[:, SCORE] >= self.score_threshold
        precisions = _precisions(keep(found, confident, found.truth.counts))
        return Judgement({"native/precision": 100 * float(precisions.mean())}, {})


def _precisions(found: WholeImages) -> Floats:
    """Return the precision of each image at each threshold (T, n)."""
    detections = by_falling_score(found.detections)
    pairs = overlaps(detections, found.truth)
    right = np.array([greedy(pairs.where(pairs.iou > t), len(detections)) >= 0 for t in THRESHOLDS])
    hits = np.stack([_per_image(detections[rows, IMAGE], found.images) for rows in right])
    boxes = _per_image(detections[:, IMAGE], found.images) + _per_image(found.truth.image, found.images)
    precisions: Floats = np.divide(hits, boxes - hits, out=np.ones(hits.shape), where=boxes > 0)
    return precisions


def _per_image(image: Floats | Ints, images: Ints) -> Ints:
    """Return how many rows are of each of ``images`` (n,)."""
    return np.bincount(np.searchsorted(images, image), minlength=len(images))
