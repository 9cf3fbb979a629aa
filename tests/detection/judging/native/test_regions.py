"""Covered shares worked by hand, and against counting pixels."""

import numpy as np
import pytest

from lga.detection.judging.native.matching import covered_share

REGIONS = np.array([[100, 0, 200, 100], [150, 0, 250, 100], [400, 400, 410, 410]], float)


@pytest.mark.parametrize(
    ("box", "share"),
    [
        ((90, 0, 260, 10), 150 / 170),  # 150 to 200 is in two regions and counts once
        ((95, 0, 105, 10), 0.5),
        ((150, 90.5, 160, 110.5), 9.5 / 20),
        ((200, 0, 400, 50), 0.25),
        ((300, 0, 310, 10), 0),
        ((390, 390, 420, 420), 100 / 900),  # around a whole region
        ((120, 50, 120, 60), 0),  # of no area
    ],
)
def test_by_hand(box, share):
    assert covered_share(np.array([box], float), REGIONS) == pytest.approx([share])


def test_no_region_and_no_box():
    assert covered_share(np.array([[0.0, 0, 1, 1]]), REGIONS[:0]).tolist() == [0]
    assert covered_share(np.empty((0, 4)), REGIONS).shape == (0,)


def test_it_is_the_share_of_pixels():
    random = np.random.RandomState(0)
    corners, sides = random.randint(0, 40, (60, 2)), random.randint(1, 30, (60, 2))
    boxes = np.c_[corners, corners + sides]
    regions, others = boxes[:5], boxes[5:]
    inside = np.zeros((80, 80))
    for x1, y1, x2, y2 in regions:
        inside[y1:y2, x1:x2] = 1
    pixels = [inside[y1:y2, x1:x2].mean() for x1, y1, x2, y2 in others]
    assert covered_share(others.astype(float), regions.astype(float)) == pytest.approx(pixels)
