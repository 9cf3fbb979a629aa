"""VisDrone's protocol on a case worked by hand."""

import pytest

from lga.detection.judging.native import VisDrone
from lga.structures.annotations import Ignored
from lga.system.errors import UserError
from tests.detection.judging.native.cases import BOX, FAR, judged

REGIONS = [
    (0, (100, 0, 200, 100), -1, Ignored.REGION),
    (0, (150, 0, 250, 100), -1, Ignored.REGION),
]
BOXES = [
    *REGIONS,
    (0, BOX, 0),  # A
    (0, (0, 50, 10, 60), 0),  # B, never found
    (0, (50, 0, 70, 20), 0, Ignored.NOT_EVALUATED),
    (0, (95, 0, 105, 10), 0),  # half in a region: removed
    (0, (0, 100, 10, 110), 1),  # C
    (0, (300, 0, 310, 10), -1, Ignored.NOT_EVALUATED),  # others
    (1, BOX, 0),  # D
]
DETECTIONS = [
    (0, (0, 100, 10, 110), 0.95, 1),  # C
    (0, BOX, 0.9, 0),  # A
    (0, (95, 20, 105, 30), 0.85, 0),  # half in a region: removed
    (2, BOX, 0.8, 0),  # on an image without boxes
    (0, (50, 0, 60, 10), 0.7, 0),  # a quarter of what is not evaluated, wholly inside
    (0, (300, 0, 310, 10), 0.6, 0),  # on others
    (1, (0, 0, 10, 6.2), 0.5, 0),  # D, overlap 0.62
]


def test_precision_by_hand():
    """Class 0 has 3 objects (A, B, D): right, wrong, neutral, wrong, and D, right at 0.5, 0.55 and 0.6.

    There 1/3 * 1 + 1/3 * 2/4 = 1/2, at the other seven 1/3: the mean is (3/2 + 7/3) / 10 = 23/60. Class 1
    has 1.
    """
    judgement = VisDrone()(judged(DETECTIONS, BOXES))
    first, second = judgement.per_class[0], judgement.per_class[1]
    assert first["native/ap"] == pytest.approx(100 * 23 / 60)
    assert first["native/ap50"] == pytest.approx(50)
    assert first["native/ap75"] == pytest.approx(100 / 3)
    assert [second[f"native/{name}"] for name in ("ap", "ap50", "ap75")] == pytest.approx([100] * 3)
    assert judgement.metrics["native/ap"] == pytest.approx((100 * 23 / 60 + 100) / 2)


def test_recall_by_hand():
    """The best of image 0 is C, that of image 1 is D, right at 3 of 10 overlaps: class 0 has 3 of 30.

    Class 1 has all. With ten, A is added, right at all overlaps: 13 of 30.
    """
    judgement = VisDrone()(judged(DETECTIONS, BOXES))
    names = ("native/ar1", "native/ar10", "native/ar100", "native/ar500")
    assert [judgement.per_class[0][name] for name in names] == pytest.approx([10, 130 / 3, 130 / 3, 130 / 3])
    assert [judgement.per_class[1][name] for name in names] == pytest.approx([100] * 4)
    assert judgement.metrics["native/ar1"] == pytest.approx(55)


def test_the_tools_means_weigh_classes_by_their_images():
    """Class 0 has objects on two images, class 1 on one."""
    metrics = VisDrone()(judged(DETECTIONS, BOXES)).metrics
    assert metrics["native/ap_weighted"] == pytest.approx((2 * 100 * 23 / 60 + 100) / 3)
    assert metrics["native/ar1_weighted"] == pytest.approx((2 * 10 + 100) / 3)


def test_a_class_whose_objects_all_lie_in_regions_has_no_value():
    judgement = VisDrone()(judged([], [*REGIONS, (0, BOX, 0), (0, (110, 10, 130, 30), 2)]))
    assert list(judgement.per_class) == [0]


def test_what_is_not_evaluated_excuses_its_class_alone():
    """A detection of class 1 on an ignored object of class 0 is wrong: a precision of 1/2."""
    boxes = [(0, BOX, 1), (0, FAR, 0, Ignored.NOT_EVALUATED)]
    judgement = VisDrone()(judged([(0, FAR, 0.9, 1), (0, BOX, 0.8, 1)], boxes))
    assert judgement.metrics["native/ap"] == pytest.approx(50)


def test_500_detections_of_an_image_of_all_classes_together():
    """With 499 of another class before it, the right one is the 500th; with 500 it is not looked at."""
    for others, expected in ((499, 100), (500, 0)):
        detections = [(0, FAR, 0.9 - i / 1000, 1) for i in range(others)] + [(0, BOX, 0.1, 0)]
        metrics = VisDrone()(judged(detections, [(0, BOX, 0)])).metrics
        assert metrics["native/ap"] == pytest.approx(expected)
        assert metrics["native/ar100"] == 0


def test_numbers_of_detections_below_1_are_refused():
    with pytest.raises(UserError, match="max_detections"):
        VisDrone(max_detections=(0, 10))
