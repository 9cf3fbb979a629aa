"""Axis-aligned boxes: their formats and their overlap.

Shapes: N M boxes; the last axis of a box tensor holds its four numbers. xyxy is x1 y1 x2 y2, cxcywh centre
and size.

Complete IoU of boxes, pair by pair.

Source: Zheng et al. (2020), https://arxiv.org/abs/1911.08287, equations (10)-(12): IoU, less the squared
distance of the centres over the squared diagonal of the enclosing box, less the weighted difference of the
aspect ratios, whose weight has no gradient.
"""

import math

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


EPS = 1e-7


def complete_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Return the complete IoU (...) of boxes (..., 4) and others (..., 4), both xyxy; 1 for equal boxes."""
    ax1, ay1, ax2, ay2 = boxes.unbind(-1)
    bx1, by1, bx2, by2 = others.unbind(-1)
    # The heights carry the epsilon that keeps their ratios finite.
    aw, ah, bw, bh = ax2 - ax1, ay2 - ay1 + EPS, bx2 - bx1, by2 - by1 + EPS
    width = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1)).clamp(min=0)
    height = (torch.minimum(ay2, by2) - torch.maximum(ay1, by1)).clamp(min=0)
    intersection = width * height
    iou = intersection / (aw * ah + bw * bh - intersection + EPS)
    enclosing_w = torch.maximum(ax2, bx2) - torch.minimum(ax1, bx1)
    enclosing_h = torch.maximum(ay2, by2) - torch.minimum(ay1, by1)
    diagonal = enclosing_w**2 + enclosing_h**2 + EPS
    distance = ((bx1 + bx2 - ax1 - ax2) ** 2 + (by1 + by2 - ay1 - ay2) ** 2) / 4
    aspect = 4 / math.pi**2 * (torch.atan(bw / bh) - torch.atan(aw / ah)) ** 2
    with torch.no_grad():
        weight = aspect / (aspect - iou + (1 + EPS))
    return iou - distance / diagonal - weight * aspect
