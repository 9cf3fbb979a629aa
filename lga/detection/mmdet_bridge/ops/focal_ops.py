"""Focal losses as mmcv's wrappers call its compiled module.

Source of the conventions: mmcv/ops/focal_loss.py and its kernels (Apache-2.0); unlike them every device is
served. Lin et al. (2017), https://arxiv.org/abs/1708.02002.

Shapes: N predictions, K classes; target (N,), int64, K for background; weight (K,), or empty for none.
"""

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

from lga.detection.mmdet_bridge.ops.precision import computable

SMALLEST = torch.finfo(torch.float32).tiny  # below it the kernels take no logarithm


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
