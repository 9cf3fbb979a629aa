"""What pictures colour: boxes of one image, worked by hand."""

import torch

from lga.detection.judging import JudgedImage, outcomes
from lga.detection.judging.outcomes import IGNORED, MISSED, RIGHT, WRONG
from lga.structures import Detections
from lga.structures.batch import ImageOrigin

ORIGIN = ImageOrigin(0, "image", 100, 100, (1.0, 1.0), (0.0, 0.0))
A, B, C, FAR = [0.0, 0, 10, 10], [20.0, 0, 30, 10], [40.0, 0, 50, 10], [60.0, 60, 90, 90]
HALF, THIRD = [0.0, 0, 10, 5], [5.0, 0, 15, 10]  # of A: 50 of 100, and 50 of 150


def judged(true, found):
    """`true` holds (box, label, ignore), `found` (box, label), the best first."""
    boxes, labels, ignore = zip(*true, strict=True) if true else ((), (), ())
    where, classes = zip(*found, strict=True) if found else ((), ())
    detections = Detections(
        torch.tensor(where).reshape(-1, 4), torch.linspace(0.9, 0.3, len(where)), torch.tensor(classes).long()
    )
    image = JudgedImage(
        ORIGIN,
        detections,
        torch.tensor(boxes).reshape(-1, 4),
        torch.tensor(labels).long(),
        torch.tensor(ignore).bool(),
    )
    return [of.tolist() for of in outcomes(image, detections)]


def test_a_box_is_right_with_its_class_and_half_the_overlap():
    assert judged([(A, 0, False)], [(HALF, 0)]) == [[RIGHT], [RIGHT]]
    assert judged([(A, 0, False)], [(THIRD, 0)]) == [[MISSED], [WRONG]]
    assert judged([(A, 0, False)], [(A, 1)]) == [[MISSED], [WRONG]]


def test_an_object_is_found_once_by_the_highest_score():
    assert judged([(A, 0, False), (B, 0, False)], [(HALF, 0), (A, 0)]) == [[RIGHT, MISSED], [RIGHT, WRONG]]


def test_what_is_taken_is_passed_over_for_the_next():
    """Both overlap the first object most; the second one also overlaps the other by 80 of 100."""
    wide = [0.0, 0, 10, 10]
    other = [0.0, 0, 10, 8]
    assert judged([(wide, 0, False), (other, 0, False)], [(wide, 0), (wide, 0)]) == [[RIGHT] * 2, [RIGHT] * 2]


def test_crowds_and_what_lies_on_them_are_ignored():
    """A region of no class holds boxes of any; a crowd only those of its own."""
    true = [(A, 0, True), (FAR, -1, True), (B, 1, False)]
    found = [(A, 0), (HALF, 0), (FAR, 3), (A, 2), (C, 1)]
    assert judged(true, found) == [[IGNORED, IGNORED, MISSED], [IGNORED, IGNORED, IGNORED, WRONG, WRONG]]


def test_nothing_true_and_nothing_found():
    assert judged([], [(A, 0)]) == [[], [WRONG]]
    assert judged([(A, 0, False)], []) == [[MISSED], []]
