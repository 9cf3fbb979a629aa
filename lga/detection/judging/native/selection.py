"""Which detections and boxes a protocol looks at, and in which order.

Shapes: P detections, M boxes.
"""

from dataclasses import replace

import numpy as np

from lga.detection.judging.collector import Floats
from lga.detection.judging.native.overlaps import Bools, Ints
from lga.detection.judging.whole_images import IMAGE, SCORE, WholeImages
from lga.system.errors import UserError


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
        raise UserError(f"dataset.native.max_detections={list(numbers)} is to be at least 1")
