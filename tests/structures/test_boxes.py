"""Box formats and overlap, by hand."""

import torch

from lga.structures import cxcywh_to_xyxy, pairwise_iou, xyxy_to_cxcywh


def test_formats():
    corners = torch.tensor([[1.0, 2.0, 5.0, 10.0]])
    centres = torch.tensor([[3.0, 6.0, 4.0, 8.0]])
    torch.testing.assert_close(xyxy_to_cxcywh(corners), centres)
    torch.testing.assert_close(cxcywh_to_xyxy(centres), corners)


def test_pairwise_iou():
    """[0,2]^2 with [1,3]^2: 1 / (4 + 4 - 1); with itself: 1; with what it only touches: 0."""
    boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    others = torch.tensor([[1.0, 1.0, 3.0, 3.0], [0.0, 0.0, 2.0, 2.0], [2.0, 0.0, 4.0, 2.0]])
    torch.testing.assert_close(pairwise_iou(boxes, others), torch.tensor([[1 / 7, 1.0, 0.0]]))


def test_empty_boxes_overlap_nothing():
    assert pairwise_iou(torch.zeros(1, 4), torch.zeros(1, 4)).item() == 0
    assert pairwise_iou(torch.zeros(0, 4), torch.zeros(3, 4)).shape == (0, 3)
