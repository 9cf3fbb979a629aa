"""Suppression, by hand and against torchvision's own over all candidates."""

import pytest
import torch
from torchvision.ops import batched_nms

from lga.detection.yolov8.nms import suppress

# IoU of the first two is 9/11, above 0.7; the third is apart.
BOXES = torch.tensor([[[0.0, 0.0, 10.0, 10.0], [1.0, 0.0, 11.0, 10.0], [50.0, 50.0, 60.0, 60.0]]])


def rows(detections):
    return [
        (round(score, 4), label, box[0])
        for score, label, box in zip(
            detections.scores.tolist(), detections.labels.tolist(), detections.boxes.tolist(), strict=True
        )
    ]


def test_the_lesser_box_of_a_class_is_dropped():
    probabilities = torch.tensor([[[0.9, 0.0], [0.8, 0.0], [0.3, 0.0]]])
    (found,) = suppress(BOXES, probabilities, 0.001, 0.7, 300)
    assert rows(found) == [(0.9, 0, 0.0), (0.3, 0, 50.0)]


def test_classes_do_not_suppress_one_another_and_a_box_may_have_several():
    probabilities = torch.tensor([[[0.9, 0.2], [0.0, 0.8], [0.0, 0.0]]])
    (found,) = suppress(BOXES, probabilities, 0.001, 0.7, 300)
    assert rows(found) == [(0.9, 0, 0.0), (0.8, 1, 1.0)]
    (found,) = suppress(BOXES, probabilities, 0.001, 0.95, 300)
    assert rows(found) == [(0.9, 0, 0.0), (0.8, 1, 1.0), (0.2, 1, 0.0)]


def test_confidence_must_be_exceeded():
    probabilities = torch.tensor([[[0.5], [0.0], [0.75]]])
    (found,) = suppress(BOXES, probabilities, 0.5, 0.7, 300)
    assert rows(found) == [(0.75, 0, 50.0)]


def test_nothing_above_confidence():
    (found,) = suppress(BOXES, torch.zeros(1, 3, 2), 0.001, 0.7, 300)
    assert found.boxes.shape == (0, 4)
    assert found.labels.dtype == torch.long


@pytest.mark.parametrize("spread", [100, 2000], ids=["few survive", "many survive"])
def test_looking_at_the_first_candidates_alone_changes_nothing(spread):
    torch.manual_seed(0)
    corner = torch.rand(1, 3000, 2) * spread
    boxes = torch.cat([corner, corner + 40 + 20 * torch.rand(1, 3000, 2)], 2)
    probabilities = torch.rand(1, 3000, 2)
    (found,) = suppress(boxes, probabilities, 0.001, 0.7, 300)
    scores, labels = probabilities[0].flatten(), torch.arange(2).repeat(3000)
    kept = batched_nms(boxes[0].repeat_interleave(2, 0), scores, labels, 0.7)[:300]
    torch.testing.assert_close(found.scores, scores[kept])
    assert found.labels.tolist() == labels[kept].tolist()
