"""Candidates: sides above 2 pixels, above a tenth of the area, below 100 times as long as wide."""

import numpy as np
import pytest

from lga.data.detection.geometry import visible_boxes
from tests.data.detection.sources import targets_of

WIDE = (-1000, -1000, 2000, 2000)


@pytest.mark.parametrize(
    ("box", "left"),
    [
        ((10, 10, 12, 50), None),  # 2 wide
        ((10, 10, 12.5, 50), [10, 10, 12.5, 50]),
        ((-90, 10, 10, 50), None),  # a tenth
        ((-90, 10, 11, 50), [0, 10, 11, 50]),  # 11 / 101
        ((95, 95, 115, 105), [95, 95, 100, 100]),  # 25 of 200
        ((-20, 10, -5, 50), None),
        ((10, 10, 400, 13.9), [10, 10, 100, 13.9]),  # 90 of 390
    ],
)
def test_boxes_on_a_square_of_100(box, left):
    found = visible_boxes(targets_of([box]), WIDE, 100).boxes
    np.testing.assert_allclose(found, [left] if left else np.zeros((0, 4)), rtol=1e-6)


@pytest.mark.parametrize(("width", "stays"), [(249, True), (250, False)])
def test_very_long_boxes(width, stays):
    assert len(visible_boxes(targets_of([(0, 0, width, 2.5)]), WIDE, 300).labels) == stays


def test_the_share_is_of_what_lay_on_the_canvas():
    """5 pixels of a width of 100 are left: 5 %. But of the 45 that a canvas up to x = 105 holds, 11 %."""
    targets = targets_of([(60, 0, 160, 10)])
    assert visible_boxes(targets, (60, 0, 105, 100), 65).boxes.tolist() == [[60, 0, 65, 10]]
    assert len(visible_boxes(targets, WIDE, 65).labels) == 0


def test_labels_and_flags_follow():
    kept = visible_boxes(
        targets_of([(0, 0, 1, 1), (0, 0, 50, 50)], [3, 4], [False, True]), (0, 0, 100, 100), 100
    )
    assert kept.labels.tolist() == [4]
    assert kept.ignore.tolist() == [True]
