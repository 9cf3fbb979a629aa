"""TinyPerson's protocol. Yu et al. (2020), https://arxiv.org/abs/1912.10664; tool: ucas-vg/TinyBenchmark.

Rules, of COCO's evaluation except where said:

- One class, persons: sea and earth joined, in objects and in detections. A person found as both is found
  twice.
- Images of crowds, which have a box marked dense, are left out, with what was found on them.
- The best 200 detections of an image. Overlaps 0.25, 0.5, 0.75 (reached counts), precision at 101 points.
- Sizes by the annotated area, both limits included, so that an area of just 8^2 is in two of them: tiny1 1
  to 8^2, tiny2 8^2 to 12^2, tiny3 12^2 to 20^2, tiny 1 to 20^2, small 20^2 to 32^2, reasonable 32^2 and more,
  all 1 and more.
- Objects marked ignore or uncertain, and in each size those out of it, are to be ignored: a detection that
  gets no object is neutral where one of them covers at least the threshold of the detection's own area. (COCO
  has this rule for crowds alone.)
- A detection that gets no object and is itself out of the size is neutral. This is COCO's rule; we take the
  tool, which is made from COCO's, to have kept it.
- Where a detection overlaps two free objects equally, it takes the later one in the file.

COCO's evaluation with everything to be ignored as a crowd, size by size, gives the same values; tests hold
ours against it. It is not used, as it would be run seven times on dictionaries made box by box.

Shapes: P detections, M boxes, T = 3 thresholds.
"""

from dataclasses import dataclass, replace

import numpy as np

from lga.detection.judging.collector import BOX, CLASS, IMAGE, Floats, Judgement, WholeImages, areas_of
from lga.detection.judging.native.devkit import at_points
from lga.detection.judging.native.matching import (
    Bools,
    Overlaps,
    by_falling_score,
    check_max_detections,
    greedy_verdicts,
    keep,
    overlaps,
    rank_on_image,
)
from lga.structures.annotations import Annotations, Ignored

THRESHOLDS = np.array([0.25, 0.5, 0.75])
RECALL_POINTS = 101
LARGEST = 1e10
SIZES = {
    "tiny1": (1, 8**2),
    "tiny2": (8**2, 12**2),
    "tiny3": (12**2, 20**2),
    "tiny": (1, 20**2),
    "small": (20**2, 32**2),
    "reasonable": (32**2, LARGEST),
    "all": (1, LARGEST),
}


@dataclass(frozen=True, kw_only=True)
class TinyPerson:
    """Returns `native/ap50_tiny` and the like for each threshold (25, 50, 75) and size; nothing per class.

    Args:
        max_detections: on an image.
    """

    max_detections: int = 200

    def __post_init__(self) -> None:
        check_max_detections(self.max_detections)

    def __call__(self, found: WholeImages) -> Judgement:
        """Judge."""
        found = _of_one_class(_without_dense_images(found))
        detections = by_falling_score(found.detections)
        detections = detections[rank_on_image(detections) < self.max_detections]
        pairs = overlaps(detections, found.truth)
        metrics = {}
        for size, limits in SIZES.items():
            values = _average_precisions(detections, found.truth, pairs, limits)
            for threshold, value in zip(THRESHOLDS, values, strict=False):
                metrics[f"native/ap{100 * threshold:.0f}_{size}"] = 100 * value
        return Judgement(metrics, per_class={})


def _average_precisions(
    detections: Floats, truth: Annotations, pairs: Overlaps, limits: tuple[float, float]
) -> list[float]:
    """Return the average precision of a size at each threshold; nothing without objects of that size."""
    counts = truth.counts & _within(truth.areas, limits)
    if not counts.any():
        return []
    verdicts = greedy_verdicts(pairs, counts, THRESHOLDS, len(detections))
    out_of_size = ~_within(areas_of(detections[:, BOX]), limits)
    found = verdicts.taken >= 0
    judged = found | ~(verdicts.neutral | out_of_size)
    return [
        at_points(right[rows], int(counts.sum()), RECALL_POINTS)
        for right, rows in zip(found, judged, strict=True)
    ]


def _within(areas: Floats, limits: tuple[float, float]) -> Bools:
    return (areas >= limits[0]) & (areas <= limits[1])


def _without_dense_images(found: WholeImages) -> WholeImages:
    dense = np.unique(found.truth.image[found.truth.ignored == Ignored.DENSE])
    on_others = ~np.isin(found.detections[:, IMAGE], dense)
    return keep(found, on_others, ~np.isin(found.truth.image, dense))


def _of_one_class(found: WholeImages) -> WholeImages:
    detections = found.detections.copy()
    detections[:, CLASS] = 0
    truth = replace(found.truth, labels=np.zeros_like(found.truth.labels))
    return replace(found, detections=detections, truth=truth)
