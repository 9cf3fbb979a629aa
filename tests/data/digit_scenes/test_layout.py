"""Layouts keep their promises; overlaps are checked against boxes drawn on a fine grid."""

import numpy as np
import pytest

from lga.data.digit_scenes.glyphs import Draws, Glyphs
from lga.data.digit_scenes.layout import LARGEST_OVERLAP, PlacedDigit, lay_out, overlap
from lga.data.digit_scenes.making import digits_of


@pytest.fixture(scope="module")
def scenes():
    glyphs = Glyphs()
    members = digits_of("train", glyphs.labels)
    return [lay_out(Draws(0, index), glyphs, members) for index in range(300)]


def test_sizes_and_counts(scenes):
    """Half have 1 to 5 digits; log-uniform from 8 to 64, ln(20/8) / ln 8 = 44 % of the sides are below 20."""
    counts = np.array([len(scene.digits) for scene in scenes])
    assert (counts.min(), counts.max()) == (1, 20)
    assert 120 < (counts <= 5).sum() < 190
    sides = np.array([160 * max(d.width, d.height) for scene in scenes for d in scene.digits])
    assert 7.99 < sides.min() < 8.2
    assert 55 < sides.max() <= 64
    assert 0.4 < (sides < 20).mean() < 0.55  # large digits are left out more often


def test_digits_lie_inside_and_overlap_little(scenes):
    for scene in scenes:
        for number, digit in enumerate(scene.digits):
            assert 0 <= digit.left <= 1 - digit.width
            assert 0 <= digit.top <= 1 - digit.height
            assert all(overlap(digit, other) <= LARGEST_OVERLAP for other in scene.digits[:number])


def box(left, top, width, height):
    return PlacedDigit(0, left, top, width, height, 100, True, (0, 0, 0))


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 0, 0.2, 0.2), (0.1, 0.1, 0.4, 0.4), 0.25),
        ((0, 0, 0.5, 0.5), (0.1, 0.1, 0.2, 0.2), 1),
        ((0, 0, 0.5, 0.5), (0.5, 0, 0.2, 0.2), 0),
        ((0, 0, 0.1, 0.1), (0.5, 0.5, 0.2, 0.2), 0),
    ],
)
def test_overlap(one, other, share):
    assert overlap(box(*one), box(*other)) == pytest.approx(share)
    assert overlap(box(*other), box(*one)) == pytest.approx(share)


def test_draws_depend_on_the_key_alone():
    """Neither the global state nor another scene changes them."""
    first, again, other = Draws(0, 1), Draws(0, 1), Draws(0, 2)
    drawn = [first.uniform() for _ in range(5)]
    assert drawn == [again.uniform() for _ in range(5)]
    assert drawn[0] != other.uniform()
    np.random.seed(0)
    assert Draws(0, 1).uniform() == drawn[0]
    assert {Draws(0, key).below(3) for key in range(50)} == {0, 1, 2}
