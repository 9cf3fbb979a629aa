"""Names and units of the `paper` protocol; its numbers are tested beside `average_precision`."""

import pytest

from lga.detection.judging import judge_by_paper
from tests.detection.judging.cases import BOX, FAR, collected


def test_percent_under_its_name_and_per_class():
    """A perfect class has 99.5, a missed one 0; fitness is 0.1 mAP50 + 0.9 mAP50-95."""
    judgement = judge_by_paper(collected([(0, BOX, 0.9, 0)], [(0, BOX, 0), (0, FAR, 3)]))
    half = pytest.approx(99.5 / 2)
    assert judgement.metrics == {"paper/map50": half, "paper/map50_95": half, "paper/fitness": half}
    perfect, missed = (dict.fromkeys(("paper/map50", "paper/map50_95"), v) for v in (99.5, 0.0))
    assert judgement.per_class == {0: pytest.approx(perfect), 3: missed}


def test_what_is_ignored_is_left_out():
    judgement = judge_by_paper(collected([], [(0, BOX, -1), (0, FAR, 1)], ignore=[True, False]))
    assert list(judgement.per_class) == [1]


def test_an_object_that_is_annotated_twice_is_one():
    """Else the second would be missed, and recall end at 1/2."""
    judgement = judge_by_paper(collected([(0, BOX, 0.9, 0)], [(0, BOX, 0), (0, BOX, 0)]))
    assert judgement.metrics["paper/map50"] == pytest.approx(99.5)


def test_nothing_at_all():
    assert judge_by_paper(collected()).metrics["paper/map50"] == 0
