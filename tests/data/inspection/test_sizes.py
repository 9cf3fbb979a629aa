"""Sizes by hand: boxes of 2 x 8, 8 x 8, 16 x 16 and 40 x 40 pixels have roots 4, 8, 16 and 40."""

import numpy as np
import pytest

from lga.data.inspection.report import BoxSizes, ImageSizes, box_roots


def test_roots_and_bounds():
    boxes = np.array([[0, 0, 2, 8], [5, 5, 13, 13], [0, 0, 16, 16], [1, 1, 41, 41]])
    roots = box_roots(boxes)
    assert roots.tolist() == [4, 8, 16, 40]
    sizes = BoxSizes.of(roots)
    assert sizes.under == {8: 1, 16: 2, 20: 3, 32: 3}
    assert sizes.percentiles[50] == pytest.approx(12)
    assert sizes.percentiles[25] == pytest.approx(7)  # three quarters of the way from 4 to 8


def test_images_are_ordered_by_their_pixels():
    """6 x 6 has fewer pixels than 20 x 2, which has fewer than 9 x 9."""
    sizes = ImageSizes.of(np.array([[9, 9], [20, 2], [6, 6], [20, 2]]))
    assert (sizes.smallest, sizes.median, sizes.largest) == ((6, 6), (20, 2), (9, 9))
    assert next(iter(sizes.counts.items())) == ("20 x 2", 2)
    assert sum(sizes.counts.values()) == 4


def test_nothing_has_no_size():
    assert ImageSizes.of(np.zeros((0, 2), np.int64)) is None
    assert BoxSizes.of(np.zeros(0)) is None
