"""Hue, saturation, value: pure colours, whose results follow from the definition."""

import numpy as np
import pytest

from lga.data.detection.augmentation import with_gains
from tests.data.detection.sources import flat


@pytest.mark.parametrize(
    ("colour", "gains", "expected"),
    [
        ((200, 0, 0), (1, 1, 0.5), (100, 0, 0)),
        ((200, 0, 0), (1, 1, 2), (255, 0, 0)),
        ((200, 0, 0), (1, 0.5, 1), (200, 100, 100)),  # saturation 127 of 255: 200 * (1 - 127 / 255) = 100.4
        ((200, 100, 100), (1, 3, 1), (200, 0, 0)),  # saturation 128 * 3 is cut at 255
        ((0, 200, 0), (1.5, 1, 1), (0, 200, 200)),  # 120 degrees to 180: cyan
        ((200, 0, 200), (1.2, 1, 1), (200, 0, 0)),  # 300 degrees to 360: around to red
        ((90, 90, 90), (1.2, 1.7, 1), (90, 90, 90)),
        ((90, 90, 90), (1, 1, 1.4), (126, 126, 126)),
    ],
)
def test_gains(colour, gains, expected):
    np.testing.assert_array_equal(with_gains(flat(4, 3, *colour), gains), flat(4, 3, *expected))


def test_gains_of_one_change_nothing():
    image = np.random.default_rng(0).integers(0, 256, (8, 9, 3)).astype(np.uint8)
    assert with_gains(image, (1.0, 1.0, 1.0)) is image
