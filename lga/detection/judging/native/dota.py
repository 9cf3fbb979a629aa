"""DOTA's protocol for horizontal boxes (Task 2). Xia et al. (2018), https://arxiv.org/abs/1711.10398.

The official tool is DOTA_devkit. The rules are those of `lga.detection.judging.native.devkit`, on whole
images: what was found on tiles has been merged by then. An overlap must be more than 0.5. Objects marked
difficult, the kit's 2 (pieces) included, are neutral.

The kit adds one pixel to widths, as PASCAL VOC's does, though its coordinates are corners, not first and last
pixels: every box grows by one pixel to the right and down. This is followed, as overlaps of small objects
depend on it; `grown=false` leaves it out. The kit has both ways of taking the average precision; the choice
of default is ours.
"""

from dataclasses import dataclass, replace

import numpy as np

from lga.detection.judging.collector import Judgement
from lga.detection.judging.native.devkit import interpolation_named, judge_by_devkit
from lga.detection.judging.whole_images import WholeImages

GROWTH = np.array([0.0, 0.0, 1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class DOTA:
    """Returns `native/ap50`.

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
