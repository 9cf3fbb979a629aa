"""Every kind of bad box, refused with its place or dropped and counted."""

import numpy as np
import pytest

from lga.data.detection.checks import check_boxes
from lga.data.detection.faults import Faults
from lga.structures.annotations import Annotations, Ignored, WrittenBox, WrittenImage
from lga.system.errors import UserError

GOOD = (10, 10, 20, 20)
BAD = [
    ((20, 0, 10, 5), 0, "inverted"),
    ((0, 5, 10, 4), 0, "inverted"),
    ((5, 0, 5, 9), 0, "of no size"),
    ((5, 9, 8, 9), 0, "of no size"),
    ((0, 0, 5, 5), 3, "of an unknown class"),
    ((0, 0, 5, 5), -1, "of an unknown class"),
    ((100, 0, 120, 5), 0, "outside the image"),
    ((0, -9, 5, 0), 0, "outside the image"),
]


def split(*boxes, ignored=Ignored.OBJECT):
    """One image of 100 x 50 whose boxes are rows of (corners, label), written on lines 1, 2, ..."""
    rows = [WrittenBox(box, label, ignored, line) for line, (box, label) in enumerate(boxes, 1)]
    return Annotations.of_images([WrittenImage("7.jpg", (100, 50), rows, "labels/7.txt")])


@pytest.mark.parametrize(("box", "label", "fault"), BAD)
def test_bad_boxes_are_refused(box, label, fault):
    message = rf"^labels/7\.txt:2: the box is {fault}: x1 y1 x2 y2 = .*, class {label} of 3, on 7.jpg of 1"
    with pytest.raises(UserError, match=message):
        check_boxes(split((GOOD, 1), (box, label)), 3, Faults("raise"))


@pytest.mark.parametrize(("box", "label", "fault"), BAD)
def test_bad_boxes_are_dropped_and_counted(box, label, fault):
    faults = Faults("skip")
    kept = check_boxes(split((box, label), (GOOD, 1), (box, label)), 3, faults)
    assert kept.boxes.tolist() == [list(GOOD)]
    assert (kept.labels.tolist(), kept.lines.tolist()) == ([1], [2])
    assert faults.counts == {f"boxes {fault}": 2}
    assert [dropped.place for dropped in faults.dropped] == ["labels/7.txt:1", "labels/7.txt:3"]


def test_a_fault_of_the_published_files_is_never_refused():
    faults = Faults("raise")
    kept = check_boxes(split((GOOD, 1), ((5, 0, 5, 9), 0)), 3, faults, known=["of no size"])
    assert kept.boxes.tolist() == [list(GOOD)]
    assert faults.dropped == [("boxes of no size", "labels/7.txt:2")]


def test_a_box_is_counted_for_its_first_fault():
    faults = Faults("skip")
    check_boxes(split(((200, 0, 210, 5), 9), ((20, 0, 10, 5), 9)), 3, faults)
    assert faults.counts == {"boxes of an unknown class": 1, "boxes inverted": 1}


def test_boxes_beyond_the_image_are_counted_and_stay():
    """One pixel of rounding is not reported."""
    faults = Faults("raise")
    boxes = [((-5, 10, 20, 60), 0), ((0, 0, 100, 50), 0), ((10, 10, 101, 20), 0)]
    kept = check_boxes(split(*boxes), 3, faults)
    assert kept.boxes.tolist() == [list(box) for box, _ in boxes]
    assert faults.dropped == [("boxes clipped to the image", "labels/7.txt:1")]


def test_an_ignored_box_may_be_of_no_class():
    kept = check_boxes(split((GOOD, -1), ignored=Ignored.REGION), 3, Faults("raise"))
    assert (kept.labels.tolist(), kept.ignored.tolist()) == ([-1], [Ignored.REGION])
    with pytest.raises(UserError, match="of an unknown class"):
        check_boxes(split((GOOD, -2), ignored=Ignored.REGION), 3, Faults("raise"))


def test_no_boxes():
    faults = Faults("raise")
    assert check_boxes(split(), 3, faults).boxes.shape == (0, 4)
    assert not faults.counts


def test_the_input_is_not_changed():
    written = split(((-5, 0, 5, 5), 0), ((5, 5, 5, 9), 0))
    check_boxes(written, 3, Faults("skip"))
    np.testing.assert_array_equal(written.boxes, [(-5, 0, 5, 5), (5, 5, 5, 9)])
