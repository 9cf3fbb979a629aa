"""Axis-aligned boxes: their formats and their overlap.

Shapes: N M boxes; the last axis of a box tensor holds its four numbers. xyxy is x1 y1 x2 y2, cxcywh centre
and size."""

import torch
from torch import Tensor


def xyxy_to_cxcywh(boxes: Tensor) -> Tensor:
    """Return boxes (..., 4) given by their corners as centres and sizes."""
    low, high = boxes[..., :2], boxes[..., 2:]
    return torch.cat(((low + high) / 2, high - low), -1)


def cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    """Return boxes (..., 4) given by centre and size as their corners."""
    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat((centre - half, centre + half), -1)


def pairwise_iou(boxes: Tensor, others: Tensor, eps: float = 1e-7) -> Tensor:
    """Return the intersection over union of each of N boxes with each of M others.

    Args:
        boxes: (N, 4) xyxy.
        others: (M, 4) xyxy.
        eps: added to the union, so that two empty boxes have an overlap of 0.

    Returns:
        (N, M), in [0, 1].
    """
    low = torch.maximum(boxes[:, None, :2], others[None, :, :2])
    high = torch.minimum(boxes[:, None, 2:], others[None, :, 2:])
    intersection = (high - low).clamp(min=0).prod(-1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    other_areas = (others[:, 2:] - others[:, :2]).prod(-1)
    return intersection / (areas[:, None] + other_areas[None, :] - intersection + eps)
