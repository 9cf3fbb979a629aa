"""The greedy matching against its definition, one detection after the other."""

import numpy as np
import pytest

from lga.detection.judging.native.matching import (
    Overlaps,
    by_falling_score,
    greedy,
    greedy_verdicts,
    overlaps,
)
from lga.structures.annotations import Ignored
from tests.detection.judging.native.cases import BOX, judged, made


def one_after_the_other(pairs, num_detections):
    got, taken = np.full(num_detections, -1), set()
    for detection, box in zip(pairs.detection, pairs.box, strict=True):
        if got[detection] < 0 and box not in taken:
            got[detection] = box
            taken.add(box)
    return got


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5])
def test_greedy_is_its_definition(seed, threshold):
    """Boxes are crowded, so that many a detection is turned down several times."""
    split = made(images=4, detections=80, classes=1, size=4.0, seed=seed)
    detections = by_falling_score(split.detections)
    pairs = overlaps(detections, split.truth)
    pairs = pairs.where(pairs.iou >= threshold)
    expected = one_after_the_other(pairs, len(detections))
    assert 10 < (expected >= 0).sum() < len(detections)
    assert (greedy(pairs, len(detections)) == expected).all()


def test_a_detection_that_is_turned_down_asks_on():
    """0 and 1 like box 0 best, 1 then asks for box 1, which 2 had: 2 goes without."""
    pairs = Overlaps(
        np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.array([0.9, 0.9, 0.6, 0.8]), np.full(4, 0.9)
    )
    assert greedy(pairs, 4).tolist() == [0, 1, -1, -1]


def test_of_equal_overlaps_the_later_box():
    """The first detection overlaps both by 9/11 and takes the later one; the second, on that, is wrong."""
    boxes = [(0, BOX, 0), (0, (2, 0, 12, 10), 0)]
    split = judged([(0, (1, 0, 11, 10), 0.9, 0), (0, (2, 0, 12, 10), 0.8, 0)], boxes)
    pairs = overlaps(split.detections, split.truth)
    verdicts = greedy_verdicts(pairs, split.truth.counts, np.array([0.7]), 2)
    assert verdicts.taken.tolist() == [[1, -1]]


def test_what_covers_a_detection_enough_makes_it_neutral():
    """A region covers 60 % of the detection: neutral up to 0.6, wrong at 0.7; the region may serve twice."""
    split = judged([(0, BOX, 0.9, 0), (0, BOX, 0.8, 0)], [(0, (4, 0, 100, 100), 0, Ignored.MARKED)])
    pairs = overlaps(split.detections, split.truth)
    verdicts = greedy_verdicts(pairs, split.truth.counts, np.array([0.5, 0.6, 0.7]), 2)
    assert verdicts.neutral.tolist() == [[True, True], [True, True], [False, False]]
    assert (verdicts.taken < 0).all()
