"""Average precision of sequences worked by hand."""

import numpy as np
import pytest

from lga.detection.judging.native.devkit import all_point, at_points, interpolation_named

RIGHT = np.array([True, False, True, False, False, True])


def test_all_point():
    """Precision 1, 2/3, 3/6 at the right ones, each adding 1/4 of recall."""
    assert all_point(RIGHT, 4) == pytest.approx((1 + 2 / 3 + 1 / 2) / 4)


def test_precision_falls_with_recall():
    """wrong, right, right: 1/2 at recall 1/2 is raised to the 2/3 at recall 1."""
    assert all_point(np.array([False, True, True]), 2) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("points", "expected"), [(11, 6 / 11), (5, (2 + 2 / 3 + 1 / 2) / 5)])
def test_at_points(points, expected):
    """Of 5: 0 and 0.25 have 1, 0.5 has 2/3, 0.75 has 1/2, 1 is not reached."""
    assert at_points(RIGHT, 4, points) == pytest.approx(expected)


def test_a_point_that_is_reached_exactly_counts_but_for_its_rounding():
    """2 of 10 reach the points 0, 0.1 and 0.2, and so do 3: 0.3 is 0.30000000000000004 in floating point."""
    assert at_points(np.ones(3, bool), 10, 11) == pytest.approx(3 / 11)
    assert at_points(np.ones(2, bool), 10, 11) == pytest.approx(3 / 11)


@pytest.mark.parametrize("name", ["11-point", "all-point"])
def test_nothing_found_is_0(name):
    assert interpolation_named(name)(np.empty(0, bool), 3) == 0
