"""VisDrone's protocol for detection in images. Zhu et al., https://arxiv.org/abs/2001.06303.

The official tool is VisDrone2018-DET-toolkit. Rules:

- Objects and detections of whose area at least half lies in regions to be ignored are removed. A deviation:
  the tool counts whole pixels, we take exact areas, so that detections may differ by fractions of a pixel.
- The ten classes. Objects of score 0 are to be ignored within their class: a detection that gets no object is
  neutral where one of them covers at least the threshold of the detection's own area. Category 11, others, is
  no class and excuses no detection. Objects to be ignored do not count in recall; we have not checked whether
  the tool counts them there.
- The best 500 detections of an image. We take them of all classes together, after the removal.
- Overlaps 0.5, 0.55, ..., 0.95 (reached counts), greedy matching, all-point average precision.
- Recall with the best 1, 10, 100 and 500 detections of an image, the mean over the overlaps.
- Where a detection overlaps two free objects equally, it takes the later one in the file.

The tool's means over classes weigh each by the number of images that contain it, as its list of classes is
added to with every image and never made unique. Our main numbers are plain means over classes; the tool's are
under the names that end in `_weighted`. We count the images that have, after the removal, an object of the
class that is not to be ignored.

Shapes: P detections, K classes that have objects, T = 10 thresholds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lga.detection.judging.collector import BOX, CLASS, IMAGE, Floats, Judgement, WholeImages
from lga.detection.judging.native.devkit import all_point
from lga.detection.judging.native.matching import (
    Bools,
    Ints,
    Verdicts,
    by_falling_score,
    check_max_detections,
    covered_share,
    greedy_verdicts,
    keep,
    overlaps,
    rank_on_image,
)
from lga.structures.annotations import Annotations, Ignored

THRESHOLDS = np.linspace(0.5, 0.95, 10)
AT_50, AT_75 = 0, 5
REMOVED_FROM = 0.5


@dataclass(frozen=True, kw_only=True)
class VisDrone:
    """Returns `native/ap`, `ap50`, `ap75`, `ar1`, `ar10`, `ar100`, `ar500`, and each with `_weighted`.

    Args:
        max_detections: on an image, for each recall; the largest is that of the precisions too.
    """

    max_detections: Sequence[int] = (1, 10, 100, 500)

    def __post_init__(self) -> None:
        check_max_detections(*self.max_detections)

    def __call__(self, found: WholeImages) -> Judgement:
        """Judge."""
        found = without_regions(found)
        detections = by_falling_score(found.detections)
        rank = rank_on_image(detections)
        looked_at = rank < max(self.max_detections)
        detections, rank = detections[looked_at], rank[looked_at]
        truth = found.truth
        pairs = overlaps(detections, truth)
        verdicts = greedy_verdicts(pairs, truth.counts, THRESHOLDS, len(detections))
        per_class = {
            int(label): self._of_class(verdicts, rank, detections[:, CLASS] == label, truth, label)
            for label in np.unique(truth.labels[truth.counts])
        }
        return Judgement(_means(per_class, truth), per_class)

    def _of_class(
        self,
        verdicts: Verdicts,
        rank: Ints,
        own: Bools,
        truth: Annotations,
        label: int,
    ) -> dict[str, float]:
        """Return the metrics of one class, whose detections ``own`` (P,) marks."""
        num_objects = int((truth.counts & (truth.labels == label)).sum())
        right, judged = verdicts.taken[:, own] >= 0, ~verdicts.neutral[:, own]
        precisions = np.array(
            [all_point(hits[rows], num_objects) for hits, rows in zip(right, judged, strict=True)]
        )
        metrics = {
            "native/ap": 100 * float(precisions.mean()),
            "native/ap50": 100 * float(precisions[AT_50]),
            "native/ap75": 100 * float(precisions[AT_75]),
        }
        for most in self.max_detections:
            hits = right[:, rank[own] < most].sum()
            metrics[f"native/ar{most}"] = 100 * float(hits / (num_objects * len(THRESHOLDS)))
        return metrics


def without_regions(found: WholeImages) -> WholeImages:
    """Remove the regions to be ignored, with every detection and box that lies at least half in them."""
    truth, is_region = found.truth, found.truth.ignored == Ignored.REGION
    detection_kept, box_kept = np.ones(len(found.detections), np.bool_), ~is_region
    for image in np.unique(truth.image[is_region]):
        regions = truth.boxes[is_region & (truth.image == image)]
        detections = np.flatnonzero(found.detections[:, IMAGE] == image)
        boxes = np.flatnonzero(~is_region & (truth.image == image))
        share = covered_share(found.detections[detections, BOX], regions)
        detection_kept[detections] = share < REMOVED_FROM
        box_kept[boxes] = covered_share(truth.boxes[boxes], regions) < REMOVED_FROM
    return keep(found, detection_kept, box_kept)


def _means(per_class: dict[int, dict[str, float]], truth: Annotations) -> dict[str, float]:
    """Return the means over classes, plain and weighted by the number of images that have the class."""
    if not per_class:
        return {}
    values = np.array([list(metrics.values()) for metrics in per_class.values()])
    images = [len(np.unique(truth.image[truth.counts & (truth.labels == label)])) for label in per_class]
    names = list(next(iter(per_class.values())))
    weighted = np.average(values, axis=0, weights=images)
    return _named(names, values.mean(0)) | _named((f"{name}_weighted" for name in names), weighted)


def _named(names: Iterable[str], values: Floats) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))
