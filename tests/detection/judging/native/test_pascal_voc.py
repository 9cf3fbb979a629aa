"""PASCAL VOC's protocol on a case worked by hand."""

import pytest

from lga.detection.judging.native import PascalVOC
from lga.structures.annotations import Ignored
from lga.system.errors import UserError
from tests.detection.judging.native.cases import BOX, FAR, judged

BOXES = [
    (0, BOX, 0),  # A
    (0, (20, 0, 30, 10), 0, Ignored.DIFFICULT),
    (0, (40, 0, 50, 10), 0),  # F
    (1, BOX, 0),  # B
    (1, (2, 0, 12, 10), 0),  # E
]
DETECTIONS = [
    (0, BOX, 0.9, 0),  # A: right
    (0, (0, 0, 10, 8), 0.8, 0),  # A again: wrong
    (0, (20, 0, 30, 10), 0.7, 0),  # difficult: neutral
    (0, (20, 0, 30, 9), 0.65, 0),  # difficult again: neutral
    (1, (1, 0, 11, 10), 0.6, 0),  # overlaps B and E by 9/11: takes the first, B: right
    (1, BOX, 0.5, 0),  # B again: wrong, though E is free and overlaps it by 2/3
    (2, BOX, 0.4, 0),  # on an image without objects: wrong
    (0, (40, 0, 50, 5), 0.3, 0),  # half of F: overlap 0.5
]


@pytest.mark.parametrize(
    ("interpolation", "expected"), [("all-point", (1 + 2 / 3 + 1 / 2) / 4), ("11-point", 6 / 11)]
)
def test_by_hand(interpolation, expected):
    """4 objects: right, wrong, right, wrong, wrong, right; precision 1, 2/3, 1/2 at recall 1/4, 1/2, 3/4.

    Of 11 points, 0 to 0.2 have 1, 0.3 to 0.5 have 2/3, 0.6 and 0.7 have 1/2: 6 in all.

    The overlap of 0.5 is the kit's: it reads F as pixels 41 to 50 by 1 to 10, and the last detection as 41 to
    50 by 1 to 5: 50 pixels of 100.
    """
    judgement = PascalVOC(interpolation=interpolation)(judged(DETECTIONS, BOXES))
    assert judgement.per_class == {0: {"native/ap50": pytest.approx(100 * expected)}}
    assert judgement.metrics == {"native/ap50": pytest.approx(100 * expected)}


def test_the_mean_is_over_classes_that_have_objects_that_count():
    """Class 0 perfect, class 1 missed; class 2 has a difficult object only, its wrong detection is free."""
    boxes = [(0, BOX, 0), (0, BOX, 1), (0, FAR, 2, Ignored.DIFFICULT)]
    judgement = PascalVOC()(judged([(0, BOX, 0.9, 0), (0, BOX, 0.9, 2)], boxes))
    assert judgement.metrics == {"native/ap50": 50}
    assert list(judgement.per_class) == [0, 1]


def test_equal_scores_stand_in_the_order_given():
    right, wrong = (0, BOX, 0.5, 0), (0, FAR, 0.5, 0)
    values = [
        PascalVOC()(judged(found, [(0, BOX, 0)])).metrics["native/ap50"]
        for found in ([right, wrong], [wrong, right])
    ]
    assert values == [100, 50]


def test_another_interpolation_is_refused():
    with pytest.raises(
        UserError, match=r"interpolation='101-point' is unknown: choose 11-point or all-point"
    ):
        PascalVOC(interpolation="101-point")
