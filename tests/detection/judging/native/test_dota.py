"""DOTA's protocol: what differs from PASCAL VOC's, on the same case."""

import pytest

from lga.detection.judging.native import DOTA
from lga.system.errors import UserError
from tests.detection.judging.native.cases import judged
from tests.detection.judging.native.test_pascal_voc import BOXES, DETECTIONS


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (1 + 2 / 3 + 1 / 2) / 4),
        ({"interpolation": "11-point"}, 6 / 11),
        ({"grown": False}, (1 + 2 / 3) / 4),
    ],
)
def test_by_hand(settings, expected):
    """The verdicts are PASCAL VOC's but for the last detection, (40, 0, 50, 5) on (40, 0, 50, 10).

    With the kit's pixel it overlaps by 11 * 6 / (11 * 11) = 6/11, which is more than 0.5: right. Without, by
    0.5, which is not more: wrong.
    """
    judgement = DOTA(**settings)(judged(DETECTIONS, BOXES))
    assert judgement.metrics == {"native/ap50": pytest.approx(100 * expected)}


def test_what_it_is_given_stays_as_it_is():
    split = judged(DETECTIONS, BOXES)
    detections, boxes = split.detections.copy(), split.truth.boxes.copy()
    DOTA()(split)
    assert (split.detections == detections).all()
    assert (split.truth.boxes == boxes).all()


def test_another_interpolation_is_refused():
    with pytest.raises(UserError, match="interpolation"):
        DOTA(interpolation="area")
