"""The multi-scale gate of Local-Global Attention (https://arxiv.org/abs/2411.09604), channels last.

    gate_0 * x + sum_i gate_i * (enlarge(scale_i(x)) + x) = x + sum_i gate_i * enlarge(scale_i(x)),

because the gates sum to 1 at every position; the right side is what is computed.

Shapes: B batch, C channels, n channels asked for, H W map, h w map of a scale."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention.local_global_collapse import bias_of, pointwise
from lga.attention.local_global_parameters import SeparableConv


def add_gated_scales(z_BHWn: Tensor, x: Tensor, gate: nn.Conv2d, scales: list[SeparableConv]) -> Tensor:
    """z plus the gated scales of x (B, C, H, W) on its last n channels; may be in place."""
    C = x.shape[1]
    first = C - z_BHWn.shape[-1]
    rows = x.contiguous(memory_format=torch.channels_last)
    for scale, gate_BHW1 in zip(scales, gate_of(x, gate.weight.view(-1, C), bias_of(gate)), strict=True):
        weight, bias = scale.pointwise.weight.view(C, C)[first:], bias_of(scale.pointwise)[first:]
        scaled_Bhwn = F.linear(scale.depthwise(rows).permute(0, 2, 3, 1), weight, bias)
        z_BHWn = add_gated(z_BHWn, gate_BHW1, scaled_Bhwn)
    return z_BHWn


def gate_of(x: Tensor, weight: Tensor, bias: Tensor) -> Sequence[Tensor]:
    """The gates (B, H, W, 1) of the scales, of a 1x1 convolution to all gates; the map's own is left out."""
    B, _, H, W = x.shape
    x_BCN = x.flatten(2) if x.is_contiguous() else x.permute(0, 2, 3, 1).flatten(1, 2).transpose(1, 2)
    return pointwise(x_BCN, weight, bias).softmax(dim=1).view(B, -1, H, W, 1).unbind(1)[1:]


def add_gated(z_BHWn: Tensor, gate_BHW1: Tensor, scaled_Bhwn: Tensor) -> Tensor:
    """z + gate * scaled, with ``scaled`` enlarged to z's size by nearest interpolation; may be in place."""
    B, H, W, n = z_BHWn.shape
    h, w = scaled_Bhwn.shape[1:3]
    if (h, w) == (H, W):
        return _add_product(z_BHWn, gate_BHW1, scaled_Bhwn)
    if H % h or W % w:
        enlarged = F.interpolate(scaled_Bhwn.permute(0, 3, 1, 2), size=(H, W), mode="nearest")
        return _add_product(z_BHWn, gate_BHW1, enlarged.permute(0, 2, 3, 1))
    tiles = (B, h, H // h, w, W // w)
    # Two expansions of one axis each: their gradients are two sums, which are faster than one over both axes.
    rows = scaled_Bhwn[:, :, None, :, None].expand(B, h, 1, w, W // w, n)
    gate = gate_BHW1.reshape(*tiles, 1)
    return _add_product(z_BHWn.view(*tiles, n), gate, rows.expand(*tiles, n)).view(B, H, W, n)


def _add_product(z: Tensor, gate: Tensor, scaled: Tensor) -> Tensor:
    """In place where no gradient is asked for: that of a changed view costs more than new memory."""
    return z.addcmul(gate, scaled) if torch.is_grad_enabled() else z.addcmul_(gate, scaled)
