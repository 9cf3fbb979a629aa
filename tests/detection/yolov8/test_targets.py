"""Padding of targets, by hand."""

import pytest
import torch

from lga.detection.yolov8.assigner import pad_targets
from tests.detection.batches import batch_of


def test_targets_are_padded_per_image_in_their_order():
    boxes = [[float(i)] * 4 for i in range(1, 5)]
    batch = batch_of(torch.zeros(3, 3, 32, 32), boxes, [5, 6, 7, 8], [2, 0, 2, 2])
    padded = pad_targets(batch)
    assert padded.boxes[..., 0].tolist() == [[2, 0, 0], [0, 0, 0], [1, 3, 4]]
    assert padded.labels.tolist() == [[6, 0, 0], [0, 0, 0], [5, 7, 8]]
    assert padded.exists.tolist() == [[True, False, False], [False] * 3, [True] * 3]


def test_ignored_boxes_are_left_out():
    batch = batch_of(torch.zeros(1, 3, 32, 32), [[0, 0, 4, 4], [0, 0, 8, 8]], [0, 1], [0, 0])
    batch.ignore[0] = True
    assert pad_targets(batch).labels.tolist() == [[1]]


@pytest.mark.parametrize("ignored", [[], [0, 1, 2], [3], [0, 1, 2, 3]])
def test_counted_beforehand_they_are_the_same(ignored):
    """Also where more are ignored than are left on any image."""
    batch = batch_of(
        torch.zeros(2, 3, 32, 32), [[float(i)] * 4 for i in range(4)], [5, 6, 7, 8], [1, 1, 1, 0]
    )
    batch.ignore[ignored] = True
    counted = pad_targets(batch)
    batch.most = counted.exists.shape[1]
    assert batch.most == max((batch.image_index[~batch.ignore] == image).sum() for image in (0, 1))
    for before, after in zip(vars(counted).values(), vars(pad_targets(batch)).values(), strict=True):
        assert torch.equal(before, after)


def test_no_targets():
    padded = pad_targets(batch_of(torch.zeros(2, 3, 32, 32)))
    assert padded.boxes.shape == (2, 0, 4)
    assert padded.exists.shape == (2, 0)
