"""The judging of PASCAL VOC's development kit, which DOTA's has taken over: average precision at overlap 0.5.

- Each detection is compared with one object, that of its image and class which it overlaps most, difficult or
  not (of equal ones the first in the file).
- Overlaps too little: wrong. Overlaps a difficult object: neutral. Overlaps another: right if no better
  detection did so before, otherwise wrong.
- Difficult objects do not count in recall. All detections are looked at.

Precision is first made to fall with recall, and is 0 beyond the recall reached; the area under that curve is
taken in two ways. Everingham et al. (2010), https://doi.org/10.1007/s11263-009-0275-4.

Shapes: P detections by falling score, M boxes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lga.detection.judging.collector import CLASS, Floats, Judgement, WholeImages
from lga.detection.judging.native.matching import Bools, Overlaps, by_falling_score, overlaps
from lga.system.errors import UserError

Interpolation = Callable[[Bools, int], float]


def all_point(right: Bools, num_objects: int) -> float:
    """Return the area under the whole curve, in [0, 1]: PASCAL VOC's way since 2010.

    Args:
        right: (P,), which detections are right, those that count neither for nor against left out.
        num_objects: at least 1.
    """
    _, precision = _falling_curve(right, num_objects)
    return float(precision[right].sum() / num_objects)


def at_points(right: Bools, num_objects: int, points: int) -> float:
    """Return the mean of precision at recall 0, 1 / (points - 1), ..., 1, in [0, 1].

    PASCAL VOC took 11 points before 2010, COCO takes 101. In floating point some are a little more than what
    they mean (0.30000000000000004), and a recall of just 0.3 misses them, as it does in those tools.
    """
    recall, precision = _falling_curve(right, num_objects)
    first = np.searchsorted(recall, np.linspace(0, 1, points), side="left")
    return float(np.append(precision, 0)[first].mean())


INTERPOLATIONS: dict[str, Interpolation] = {"11-point": partial(at_points, points=11), "all-point": all_point}


def interpolation_named(name: str) -> Interpolation:
    """Return `11-point` or `all-point`; a UserError says that there is no other."""
    if name not in INTERPOLATIONS:
        raise UserError(f"interpolation={name!r} is unknown: choose {' or '.join(INTERPOLATIONS)}")
    return INTERPOLATIONS[name]


def _falling_curve(right: Bools, num_objects: int) -> tuple[Floats, Floats]:
    """Return recall and precision (P,) after each detection, precision made to fall."""
    found = right.cumsum()
    precision = found / np.arange(1, len(right) + 1)
    return found / num_objects, np.maximum.accumulate(precision[::-1])[::-1]


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


@dataclass(frozen=True, kw_only=True)
class PascalVOC:
    """Return `native/ap50` by PASCAL VOC's protocol.

    Everingham et al. (2010), https://doi.org/10.1007/s11263-009-0275-4.

    The official tool is the development kit. The rules are this module's; an overlap of exactly 0.5 is
    enough. The challenges before 2010 took precision at 11 points of recall, those since then the area under
    the whole curve.

    The kit's boxes name their first and last pixel, from 1 on, so it adds a pixel to widths: `xmax - xmin +
    1`. Ours are half-open and from 0 on, `x1 = xmin - 1` and `x2 = xmax`, so that `x2 - x1` is the same
    width, and `min(x2, x2') - max(x1, x1') = min(xmax, xmax') - max(xmin, xmin') + 1` the same width in
    common: overlaps are equal to the kit's without adding anything. A detection goes the same way, as if
    written as `x1 + 1` and `x2`.

    Args:
        interpolation: ``11-point`` (2007) or ``all-point`` (2012).
    """

    interpolation: str = "all-point"

    def __post_init__(self) -> None:
        interpolation_named(self.interpolation)

    def __call__(self, found: WholeImages) -> Judgement:
        """Judge."""
        return judge_by_devkit(found, interpolation_named(self.interpolation), strict=False)


GROWTH = np.array([0.0, 0.0, 1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class DOTA:
    """Return `native/ap50` by DOTA's protocol for horizontal boxes (Task 2).

    Xia et al. (2018), https://arxiv.org/abs/1711.10398.

    The official tool is DOTA_devkit. The rules are this module's, on whole images: what was found on tiles
    has been merged by then. An overlap must be more than 0.5. Objects marked difficult, the kit's 2 (pieces)
    included, are neutral.

    The kit adds one pixel to widths, as PASCAL VOC's does, though its coordinates are corners, not first and
    last pixels: every box grows by one pixel to the right and down. This is followed, as overlaps of small
    objects depend on it; `grown=false` leaves it out. The kit has both ways of taking the average precision;
    the choice of default is ours.

    Args:
        interpolation: ``all-point`` or ``11-point``.
        grown: add the kit's pixel to widths and heights.
    """

    interpolation: str = "all-point"
    grown: bool = True

    def __post_init__(self) -> None:
        interpolation_named(self.interpolation)

    def __call__(self, found: WholeImages) -> Judgement:
        """Judge."""
        judged = _grown(found) if self.grown else found
        return judge_by_devkit(judged, interpolation_named(self.interpolation), strict=True)


def _grown(found: WholeImages) -> WholeImages:
    growth = np.concatenate(([0.0], GROWTH, [0.0, 0.0]))
    truth = replace(found.truth, boxes=found.truth.boxes + GROWTH)
    return replace(found, detections=found.detections + growth, truth=truth)
