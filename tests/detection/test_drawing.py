"""Drawn boxes, by their pixels."""

import cv2
import numpy as np
import pytest
import torch

from lga.detection.drawing import draw_boxes, drawn, png, side_by_side
from lga.structures import Detections

GREY = np.full((100, 160, 3), 90, np.uint8)


def changed(picture, plain):
    return (picture != plain).any(2)


def test_a_small_image_is_enlarged_and_a_large_one_is_not():
    nothing = np.zeros((0, 4)), np.zeros(0, int)
    assert draw_boxes(GREY, *nothing, ["a"]).shape == (300, 480, 3)
    assert draw_boxes(np.zeros((700, 900, 3), np.uint8), *nothing, ["a"]).shape == (700, 900, 3)


def test_a_box_is_drawn_where_it_is():
    """From (60, 40) to (100, 80), enlarged by 3: its lower right corner at (300, 240), nothing beyond."""
    picture = draw_boxes(GREY, np.array([[60.0, 40.0, 100.0, 80.0]]), np.array([0]), ["a"], np.array([0.5]))
    drawn = changed(picture, 90)
    assert drawn[240, 200]
    assert drawn[200, 300]
    assert not drawn[250:].any()
    assert not drawn[:, 310:].any()
    assert not drawn[180:230, 190:290].any()


def test_edges_on_the_border_are_seen():
    picture = draw_boxes(GREY, np.array([[100.0, 50.0, 160.0, 100.0]]), np.array([0]), ["a"])
    drawn = changed(picture, 90)
    assert drawn[-1, 400]
    assert drawn[250, -1]


def test_a_label_without_a_name_is_drawn_without_one():
    boxes = np.array([[60.0, 40.0, 100.0, 80.0]])
    nameless, named = (draw_boxes(GREY, boxes, np.array([label]), ["a"]) for label in (-1, 0))
    assert changed(nameless, 90)[240, 200]
    assert not np.array_equal(nameless, named)


def test_two_pictures_in_a_file():
    whole = side_by_side([("true", GREY), ("found", GREY)])
    assert whole.shape == (124, 320, 3)
    red = np.zeros_like(GREY) + np.array([255, 0, 0], np.uint8)
    read = cv2.imdecode(np.frombuffer(png(red), np.uint8), cv2.IMREAD_COLOR)
    assert read[0, 0].tolist() == [0, 0, 255]  # OpenCV reads blue first


@pytest.mark.parametrize(
    ("confidence", "heading", "scores"),
    [
        (0.25, "found, score from 0.25", [0.75, 0.5]),
        (0.8, "none from 0.8: the best 2", [0.75, 0.125]),
    ],
)
def test_the_best_boxes_are_drawn_where_none_is_sure(confidence, heading, scores):
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 9, 10], [20, 0, 30, 10]])  # two of them in one place
    found = Detections(boxes, torch.tensor([0.75, 0.5, 0.125]), torch.arange(3))
    message, shown = drawn(found, confidence)
    assert message == heading
    assert shown.scores.tolist() == scores
    assert len(shown.boxes) == len(shown.labels) == len(scores)
