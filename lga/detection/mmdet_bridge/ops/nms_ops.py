"""Non-maximum suppression as mmcv's wrappers call its compiled module.

Source of the conventions: mmcv/ops/nms.py and csrc/pytorch/nms.cpp (Apache-2.0). Soft-NMS after Bodla et al.
(2017), https://arxiv.org/abs/1704.04503.

Shapes: N boxes, xyxy in pixels.
"""

import torch
import torchvision
from torch import Tensor

from lga.detection.mmdet_bridge.ops.precision import computable

HARD, LINEAR, GAUSSIAN = 0, 1, 2


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    """Return the indices of the surviving boxes (N, 4), highest score first; sides are x2 - x1 + offset."""
    kept: Tensor = torchvision.ops.nms(_grown(computable(boxes), offset), computable(scores), iou_threshold)
    return kept


def softnms(
    boxes: Tensor,
    scores: Tensor,
    dets: Tensor,
    iou_threshold: float,
    sigma: float,
    min_score: float,
    method: int,
    offset: int,
) -> Tensor:
    """Return the indices of the boxes that stay, highest decayed score first.

    Args:
        boxes: (N, 4), on the CPU.
        scores: (N,).
        dets: (N, 5), filled with boxes and decayed scores in the order of the indices.
        iou_threshold: overlap from which methods 0 and 1 decay.
        sigma: of the Gaussian decay.
        min_score: a box whose score falls below it is dropped.
        method: 0 drops, 1 decays linearly, 2 by a Gaussian.
        offset: sides are x2 - x1 + offset.
    """
    grown, decayed = _grown(boxes, offset), scores.clone()
    left = torch.arange(len(boxes))
    order: list[int] = []
    while len(left):
        best = int(left[decayed[left].argmax()])
        dets[len(order)] = torch.cat((boxes[best], decayed[best, None]))
        order.append(best)
        left = left[left != best]
        overlap = torchvision.ops.box_iou(grown[best, None], grown[left])[0]
        decayed[left] *= _weights(overlap, iou_threshold, sigma, method)
        left = left[decayed[left] >= min_score]
    return torch.tensor(order, dtype=torch.int64)


def _grown(boxes: Tensor, offset: int) -> Tensor:
    """Return boxes whose plain overlap is that of `boxes` with sides longer by `offset`."""
    return boxes + boxes.new_tensor([0, 0, offset, offset]) if offset else boxes


def _weights(overlap: Tensor, threshold: float, sigma: float, method: int) -> Tensor:
    if method == GAUSSIAN:
        return torch.exp(-(overlap**2) / sigma)
    decayed = torch.zeros_like(overlap) if method == HARD else 1 - overlap
    return torch.where(overlap >= threshold, decayed, 1.0)
