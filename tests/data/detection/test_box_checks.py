"""Every kind of bad box, refused with its place or dropped and counted."""

import numpy as np
import pytest

from lga.data.detection import BoxChecks
from lga.structures import UserError
from tests.data.detection.sources import targets_of

GOOD = (10, 10, 20, 20)
NAN, INF = float("nan"), float("inf")
BAD = [
    ((NAN, 0, 5, 5), 0, "not finite"),
    ((0, 0, INF, 5), 0, "not finite"),
    ((20, 0, 10, 5), 0, "inverted"),
    ((0, 5, 10, 4), 0, "inverted"),
    ((5, 0, 5, 9), 0, "of no size"),
    ((5, 9, 8, 9), 0, "of no size"),
    ((0, 0, 5, 5), 3, "of an unknown class"),
    ((0, 0, 5, 5), -1, "of an unknown class"),
    ((100, 0, 120, 5), 0, "outside the image"),
    ((0, -9, 5, 0), 0, "outside the image"),
]


@pytest.mark.parametrize(("box", "label", "fault"), BAD)
def test_bad_boxes_are_refused(box, label, fault):
    checks = BoxChecks(3, "raise")
    message = rf"^labels/7\.txt: box 2 is {fault}: x1 y1 x2 y2 = .*, class {label} of 3; correct it, or set "
    with pytest.raises(UserError, match=message):
        checks(targets_of([GOOD, box], [1, label]), (100, 50), "labels/7.txt")


@pytest.mark.parametrize(("box", "label", "fault"), BAD)
def test_bad_boxes_are_dropped_and_counted(box, label, fault):
    checks = BoxChecks(3, "skip")
    kept = checks(targets_of([box, GOOD, box], [label, 1, label]), (100, 50), "labels/7.txt")
    assert kept.boxes.tolist() == [list(GOOD)]
    assert kept.labels.tolist() == [1]
    assert checks.counts == {f"boxes {fault}": 2}


def test_a_box_is_counted_for_its_first_fault():
    checks = BoxChecks(3, "skip")
    checks(targets_of([(NAN, 0, 5, 5), (20, 0, 10, 5)], [9, 9]), (100, 50), "")
    assert checks.counts == {"boxes not finite": 1, "boxes inverted": 1}


def test_boxes_are_clipped_and_counted():
    checks = BoxChecks(3, "raise")
    boxes = [(-5, 10, 20, 60), (0, 0, 100, 50), (10, 10, 100.0005, 20)]
    kept = checks(targets_of(boxes), (100, 50), "")
    assert kept.boxes.tolist() == [[0, 10, 20, 50], [0, 0, 100, 50], [10, 10, 100, 20]]
    assert checks.counts == {"boxes clipped to the image": 1}


def test_an_ignored_box_may_be_of_no_class():
    checks = BoxChecks(3, "raise")
    kept = checks(targets_of([GOOD], [-1], [True]), (100, 50), "")
    assert (kept.labels.tolist(), kept.ignore.tolist()) == ([-1], [True])
    with pytest.raises(UserError, match="of an unknown class"):
        checks(targets_of([GOOD], [-2], [True]), (100, 50), "")


def test_no_boxes():
    checks = BoxChecks(3, "raise")
    assert checks(targets_of(), (100, 50), "").boxes.shape == (0, 4)
    assert not checks.counts


def test_an_unknown_choice():
    with pytest.raises(UserError, match=r"on_error='warn' is unknown: choose one of raise, skip"):
        BoxChecks(3, "warn")


def test_the_input_is_not_changed():
    targets = targets_of([(-5, 0, 5, 5)])
    BoxChecks(3, "raise")(targets, (4, 4), "")
    np.testing.assert_array_equal(targets.boxes, [(-5, 0, 5, 5)])
