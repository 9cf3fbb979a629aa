"""Overlaps of boxes worked by hand."""

import numpy as np
import pytest

from lga.detection.judging.native import matching as module
from lga.detection.judging.native.matching import overlaps
from tests.detection.judging.native.cases import BOX, judged, made


def test_by_hand():
    """Of the same image and class only: 50 of 100 + 100 - 50; a box that only touches has no pair."""
    boxes = [(0, (0, 5, 10, 15), 0), (0, (10, 0, 20, 10), 0), (0, BOX, 1), (0, BOX, -1), (1, BOX, 0)]
    split = judged([(0, BOX, 0.9, 0), (1, (0, 0, 5, 10), 0.8, 0)], boxes)
    pairs = overlaps(split.detections, split.truth)
    assert pairs.detection.tolist() == [0, 1]
    assert pairs.box.tolist() == [0, 4]
    assert pairs.iou.tolist() == [pytest.approx(1 / 3), 0.5]
    assert pairs.share.tolist() == [0.5, 1]


def test_those_of_a_detection_stand_by_falling_overlap():
    boxes = [(0, (0, 0, 10, 6), 0), (0, BOX, 0), (0, (0, 0, 10, 8), 0), (0, BOX, 0)]
    split = judged([(0, BOX, 0.9, 0)], boxes)
    assert overlaps(split.detections, split.truth).box.tolist() == [3, 1, 2, 0]


def test_piece_by_piece_is_the_same(monkeypatch):
    split = made(images=3)
    at_once = overlaps(split.detections, split.truth)
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 7)
    assert (overlaps(split.detections, split.truth).iou == at_once.iou).all()
    assert len(at_once.iou) > 100


def test_a_detection_of_no_area_has_no_pair():
    split = judged([(0, (5, 5, 5, 9), 0.9, 0)], [(0, BOX, 0)])
    assert overlaps(split.detections, split.truth).iou.shape == (0,)
    assert np.isfinite(overlaps(split.detections, split.truth).share).all()
