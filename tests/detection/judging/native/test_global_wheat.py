"""The Global Wheat competition's metric on cases worked by hand."""

import pytest

from lga.detection.judging.native import GlobalWheat
from lga.system.errors import UserError
from tests.detection.judging.native.cases import BOX, FAR, judged

BOXES = [(0, BOX, 0), (0, (100, 0, 110, 10), 0), (3, BOX, 0)]
DETECTIONS = [
    (0, BOX, 0.9, 0),
    (0, (100, 0, 110, 6.2), 0.8, 0),  # overlap 0.62
    (0, FAR, 0.3, 0),
    (0, FAR, 0.2, 0),  # below the threshold of the score
    (2, BOX, 0.4, 0),
    (1, BOX, 0.1, 0),
]


def precision(*args, **settings):
    return GlobalWheat(**settings)(judged(*args)).metrics["native/precision"]


def test_by_hand():
    """Image 0: at 0.5, 0.55, 0.6 two right and one wrong, 2/3; at 0.65, 0.7, 0.75 one right, two wrong, one
    missed, 1/4: the mean is 11/24. Image 1 has no object and no detection that is looked at: 1. Image 2 has
    no object and a detection: 0. Image 3 has an object and no detection: 0.
    """
    assert precision(DETECTIONS, BOXES) == pytest.approx(100 * (11 / 24 + 1) / 4)


def test_the_threshold_of_the_score_decides_what_is_judged():
    """With all, image 0 has another wrong one, 2/4 and 1/5 in the mean 7/20, and image 1 a wrong one: 0."""
    assert precision(DETECTIONS, BOXES, score_threshold=0.0) == pytest.approx(100 * 7 / 20 / 4)


def test_an_overlap_must_be_more_than_the_threshold():
    """Of just 0.5: wrong at all six thresholds."""
    assert precision([(0, (0, 0, 10, 5), 0.9, 0)], [(0, BOX, 0)]) == 0


def test_the_better_detection_takes_its_object_first():
    """Both overlap A most; the second is left with B, by 2/3: right at 0.5 to 0.65, 4 of 6, otherwise 1/3.

    A is (0, 0, 10, 10), B (2, 0, 12, 10). So the mean is (4 * 1 + 2 * 1/3) / 6 = 7/9.
    """
    boxes = [(0, BOX, 0), (0, (2, 0, 12, 10), 0)]
    assert precision([(0, BOX, 0.9, 0), (0, BOX, 0.8, 0)], boxes) == pytest.approx(100 * 7 / 9)


def test_without_images_there_is_no_value():
    assert GlobalWheat()(judged()).metrics == {}


def test_a_threshold_beyond_scores_is_refused():
    with pytest.raises(UserError, match="score_threshold"):
        GlobalWheat(score_threshold=25)
