"""Suppression, RoIAlign and focal losses as mmcv's wrappers call its compiled module, by torchvision's.

Sources of the conventions: mmcv/ops/nms.py with csrc/pytorch/nms.cpp, roi_align.py, and focal_loss.py with
its kernels (Apache-2.0); unlike these every device is served. Soft-NMS after Bodla et al. (2017),
https://arxiv.org/abs/1704.04503; RoIAlign after He et al. (2017), https://arxiv.org/abs/1703.06870; focal
losses after Lin et al. (2017), https://arxiv.org/abs/1708.02002.

Shapes: N boxes, xyxy in pixels, or predictions; B images, C channels, R regions (index of the image, x1, y1,
x2, y2), h w cells of each; K classes; target (N,), int64, K for background; weight (K,), or empty for none.
"""

from typing import Any

import torch
import torchvision
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

from lga.system.errors import UserError

HARD, LINEAR, GAUSSIAN = 0, 1, 2  # methods of soft suppression
AVERAGE = 1  # mode of RoIAlign
SMALLEST = torch.finfo(torch.float32).tiny  # below it the kernels take no logarithm


def computable(tensor: Tensor) -> Tensor:
    """Return `tensor` in float32, in which torchvision has every operation; float64 stays."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()


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


def roi_align_forward(
    input: Tensor, rois: Tensor, output: Tensor, argmax_y: Tensor, argmax_x: Tensor, **settings: Any
) -> None:
    """Fill `output` (R, C, h, w) from maps (B, C, H, W) and regions (R, 5).

    Raises:
        UserError: the mode is not the average: torchvision has no other.
    """
    if settings["pool_mode"] != AVERAGE:
        raise UserError(
            "RoIAlign with pool_mode='max' needs an mmcv with compiled ops; choose pool_mode='avg', "
            "mmdet's default"
        )
    cells, rule = _cells(settings)
    output.copy_(torch.ops.torchvision.roi_align(computable(input), computable(rois), *cells, *rule))


def roi_align_backward(
    grad_output: Tensor, rois: Tensor, argmax_y: Tensor, argmax_x: Tensor, grad_input: Tensor, **settings: Any
) -> None:
    """Fill `grad_input` (B, C, H, W) from the gradient of the output (R, C, h, w)."""
    cells, rule = _cells(settings)
    backward = torch.ops.torchvision._roi_align_backward
    operands = computable(grad_output), computable(rois)
    grad_input.copy_(backward(*operands, *cells, *grad_input.shape, *rule))


def _cells(settings: dict[str, Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return scale and cells of a region, then how each is sampled, as torchvision takes them."""
    cells = ("spatial_scale", "aligned_height", "aligned_width")
    return tuple(settings[name] for name in cells), (settings["sampling_ratio"], settings["aligned"])


def sigmoid_focal_loss_forward(
    input: Tensor, target: Tensor, weight: Tensor, output: Tensor, gamma: float, alpha: float
) -> None:
    """Fill `output` (N, K) with the losses of logits (N, K)."""
    output.copy_(_sigmoid_focal_loss(computable(input), target, weight, gamma, alpha))


def sigmoid_focal_loss_backward(
    input: Tensor, target: Tensor, weight: Tensor, grad_input: Tensor, gamma: float, alpha: float
) -> None:
    """Fill `grad_input` (N, K) with the derivative of each loss by its logit."""
    with torch.enable_grad():
        logits = computable(input).detach().requires_grad_()
        total = _sigmoid_focal_loss(logits, target, weight, gamma, alpha).sum()
    grad_input.copy_(torch.autograd.grad(total, logits)[0])


def softmax_focal_loss_forward(
    input: Tensor, target: Tensor, weight: Tensor, output: Tensor, gamma: float, alpha: float
) -> None:
    """Fill `output` (N,) with the losses of probabilities `input` (N, K); that of a negative target is 0."""
    p = _probability(input, target)
    loss = -alpha * (1 - p) ** gamma * p.clamp(min=SMALLEST).log()
    output.copy_(loss * _of_target(weight, target))


def softmax_focal_loss_backward(
    input: Tensor,
    target: Tensor,
    weight: Tensor,
    buff: Tensor,
    grad_input: Tensor,
    gamma: float,
    alpha: float,
) -> None:
    """Fill `grad_input` (N, K) with the derivative of the losses by the logits whose softmax `input` is."""
    p = _probability(input, target)
    slope = (1 - p) ** gamma - gamma * (1 - p) ** (gamma - 1) * p * p.clamp(min=SMALLEST).log()
    buff.copy_(-alpha * slope * _of_target(weight, target))
    one_hot = F.one_hot(target.clamp(min=0), input.shape[1])
    grad_input.copy_(buff[:, None] * (one_hot - input))


def _sigmoid_focal_loss(logits: Tensor, target: Tensor, weight: Tensor, gamma: float, alpha: float) -> Tensor:
    classes = logits.shape[1]
    one_hot = F.one_hot(target, classes + 1)[:, :classes].to(logits)
    losses: Tensor = sigmoid_focal_loss(logits, one_hot, alpha=alpha, gamma=gamma, reduction="none")
    return losses * weight[target, None] if weight.numel() else losses


def _probability(softmax: Tensor, target: Tensor) -> Tensor:
    return computable(softmax).gather(1, target.clamp(min=0)[:, None])[:, 0]


def _of_target(weight: Tensor, target: Tensor) -> Tensor:
    """Return the factor (N,) of each prediction: its target's weight, 0 where the target is negative."""
    factors = weight[target.clamp(min=0)] if weight.numel() else torch.ones_like(target)
    return factors * (target >= 0)
