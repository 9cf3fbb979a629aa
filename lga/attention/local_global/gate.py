"""The multi-scale gate of Local-Global Attention (https://arxiv.org/abs/2411.09604), channels last.

    gate_0 * x + sum_i gate_i * (enlarge(scale_i(x)) + x) = x + sum_i gate_i * enlarge(scale_i(x)),

because the gates sum to 1 at every position; the right side is what is computed.

Shapes: B batch, C channels, n channels read, H W map, h w map of a scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention.local_global.collapse import SeparableConv, bias_of, pointwise


@dataclass(frozen=True)
class ScaleGate:
    """The weights and biases of 1x1 convolutions: to all gates, and of each scale to the channels read."""

    gates: tuple[Tensor, Tensor]  # (gates, C) and (gates,)
    scales: list[tuple[Tensor, Tensor]]  # (n, C) and (n,)


def scale_gate(gate: nn.Conv2d, scales: Sequence[SeparableConv], first: int) -> ScaleGate:
    """Return the gate of ``scales`` for the channels from ``first`` on."""
    C = gate.in_channels
    return ScaleGate(
        gates=(gate.weight.view(-1, C), bias_of(gate)),
        scales=[
            (conv.weight.view(C, C)[first:], bias_of(conv)[first:])
            for conv in (scale.pointwise for scale in scales)
        ],
    )


def add_gated_scales(
    z_BHWn: Tensor, rows: Tensor, gates: Sequence[Tensor], gate: ScaleGate, scales: Sequence[SeparableConv]
) -> Tensor:
    """z plus the gated scales of ``rows``, the map (B, C, H, W) with channels last; may be in place."""
    for scale, (weight, bias), gate_BHW1 in zip(scales, gate.scales, gates, strict=True):
        scaled_Bhwn = F.linear(scale.depthwise(rows).permute(0, 2, 3, 1), weight, bias)
        z_BHWn = _add_gated(z_BHWn, gate_BHW1, scaled_Bhwn)
    return z_BHWn


def gates_of(x: Tensor, gate: ScaleGate) -> Sequence[Tensor]:
    """Return the gates (B, H, W, 1) of the scales for the map x (B, C, H, W); its own is left out."""
    B, _, H, W = x.shape
    x_BCN = x.flatten(2) if x.is_contiguous() else x.permute(0, 2, 3, 1).flatten(1, 2).transpose(1, 2)
    return pointwise(x_BCN, *gate.gates).softmax(dim=1).view(B, -1, H, W, 1).unbind(1)[1:]


def _add_gated(z_BHWn: Tensor, gate_BHW1: Tensor, scaled_Bhwn: Tensor) -> Tensor:
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
