"""Complete IoU of axis-aligned boxes x1 y1 x2 y2, pair by pair.

Source: Zheng et al. (2020), https://arxiv.org/abs/1911.08287, equations (10)-(12): IoU, less the squared
distance of the centres over the squared diagonal of the enclosing box, less the weighted difference of the
aspect ratios, whose weight has no gradient.
"""

import math

import torch
from torch import Tensor

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
