"""The judging of PASCAL VOC's development kit, which DOTA's has taken over: average precision at overlap 0.5.

- Each detection is compared with one object, that of its image and class which it overlaps most, difficult or
  not (of equal ones the first in the file).
- Overlaps too little: wrong. Overlaps a difficult object: neutral. Overlaps another: right if no better
  detection did so before, otherwise wrong.
- Difficult objects do not count in recall. All detections are looked at.

Shapes: P detections by falling score, M boxes.
"""

import numpy as np

from lga.detection.judging.judgement import Judgement
from lga.detection.judging.native.interpolation import Interpolation
from lga.detection.judging.native.overlaps import Bools, Overlaps, overlaps
from lga.detection.judging.native.selection import by_falling_score
from lga.detection.judging.whole_images import CLASS, WholeImages

IOU = 0.5


def judge_by_devkit(found: WholeImages, interpolate: Interpolation, *, strict: bool) -> Judgement:
    """Return `native/ap50` of each class that has objects, and its mean.

    Args:
        found: on whole images.
        interpolate: how the average precision is taken.
        strict: an overlap of exactly 0.5 is too little.
    """
    truth, detections = found.truth, by_falling_score(found.detections)
    right, neutral = _verdicts(overlaps(detections, truth), truth.counts, len(detections), strict=strict)
    per_class = {}
    for label in np.unique(truth.labels[truth.counts]):
        num_objects = int((truth.counts & (truth.labels == label)).sum())
        judged = (detections[:, CLASS] == label) & ~neutral
        per_class[int(label)] = {"native/ap50": 100 * interpolate(right[judged], num_objects)}
    values = [metrics["native/ap50"] for metrics in per_class.values()]
    return Judgement({"native/ap50": float(np.mean(values))} if values else {}, per_class)


def _verdicts(pairs: Overlaps, counts: Bools, num_detections: int, *, strict: bool) -> tuple[Bools, Bools]:
    """Return which detections are right and which neutral, both (P,); ``counts`` (M,) marks the objects."""
    order = np.lexsort((pairs.box, -pairs.iou, pairs.detection))
    most = order[np.unique(pairs.detection, return_index=True)[1]]
    most = most[pairs.iou[most] > IOU if strict else pairs.iou[most] >= IOU]
    detection, box = pairs.detection[most], pairs.box[most]
    first = np.unique(box, return_index=True)[1]
    right, neutral = np.zeros((2, num_detections), np.bool_)
    right[detection[first]] = counts[box[first]]
    neutral[detection] = ~counts[box]
    return right, neutral
