"""The exact collapse of the released Local-Global Attention: its attention branches as one linear map.

The released code sums attention weights over their softmax axis, which gives 1, and values over a head's
channels. With g(h) = (2G+h)//3 the group that head h reads, w_j[h,c] the sum over the head's value rows of
branch j's 1x1 convolution, D_j its depthwise kernels, and a_j its weight in the output,

    block(x) = out_conv((sum of alphas) * x + repeat_d(u)),   u[h] = beta[h] + sum_c K[h,c] * z[c]
    K[h,c]   = sum_j a_j w_j[h,c] pad(D_j[c]),                c over the channels of group g(h)

Only the last R groups, g >= floor(2G/3), are read. The 1x1 convolution of each has three slots of d rows. In
order, the slots are the heads, after 2G%3 slots of key rows that no head reads and whose weights are zero.

An alpha of every channel's own multiplies after the contraction, so that each kind of branches, local and
global, has its own slots of u:

    out = W (sum_f alpha_f) x + sum_f W_f u_f + bias
    W_f[o,h] = sum over the channels c of head h of W[o,c] alpha_f[c]

Shapes: B batch, C channels, G heads, d = C/G, H W map, N = H*W, n channels read, J branches, A kinds with
slots of their own, R read groups, S = 3 slots of each, K the largest kernel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention.local_global.spectral_correlation import SameCorrelation

SLOTS = 3


class SeparableConv(nn.Sequential):
    """A depthwise KxK convolution, then a 1x1 convolution in ``groups``; both with bias."""

    def __init__(
        self, channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(
            nn.Conv2d(channels, channels, kernel, stride=stride, padding=kernel // 2, groups=channels),
            nn.Conv2d(channels, out_channels, 1, groups=groups),
        )

    @property
    def depthwise(self) -> nn.Conv2d:
        """The KxK convolution."""
        return cast("nn.Conv2d", self[0])

    @property
    def pointwise(self) -> nn.Conv2d:
        """The 1x1 convolution."""
        return cast("nn.Conv2d", self[1])


@dataclass(frozen=True)
class Kind:
    """Branches with their weights in one sum, and what that sum is multiplied by."""

    branches: Sequence[SeparableConv]
    weights: Tensor  # J of them, one a branch
    alpha: Tensor | None = None  # (C,); None for 1


@dataclass(frozen=True)
class Collapse:
    """What the block computes with: kernels from z to every slot of u; the output convolution of x and u."""

    kernels: Tensor  # (K, K, R, d, A*S)
    x_weight: Tensor  # (C, C)
    u_weight: Tensor  # (C, R*A*S), less the first slots if no head reads them
    bias: Tensor  # (C,)


@dataclass(frozen=True)
class FoldedBranches:
    """Branches on z before the output convolution."""

    kernels: Tensor  # (K, K, R, d, S)
    bias: Tensor  # (R, S)


@dataclass(frozen=True)
class LinearMap:
    """W_x x + W_u u + bias, u the correlation of z with all slots' kernels; for one size of maps."""

    folded: Collapse
    correlation: SameCorrelation
    spectrum: Tensor

    def __call__(self, x: Tensor, z_BHWn: Tensor) -> Tensor:
        """Return the output for the block's input x (B, C, H, W): its shape and memory layout."""
        u_BHWS = self.correlation.correlate(z_BHWn, self.spectrum, self.folded.kernels.shape[2])
        unread = u_BHWS.shape[-1] - self.folded.u_weight.shape[1]
        return _mix(self.folded, x, u_BHWS.flatten(1, 2)[..., unread:])


def first_read_group(heads: int) -> int:
    """Return the first group of z that some head reads."""
    return 2 * heads // SLOTS


def unread_slots(heads: int) -> int:
    """Return how many slots of the first read group are key rows."""
    return 2 * heads % SLOTS


def collapse(kinds: Sequence[Kind], residual: Tensor, out_conv: nn.Conv2d, heads: int) -> Collapse:
    """Fold value rows, alphas, biases and the repetition over a head's channels; differentiable.

    ``residual`` (1,) or (C,) is what x is multiplied by before the output convolution.
    """
    C = out_conv.in_channels
    out_CC = out_conv.weight.view(C, C)
    folded = [fold_branches(kind.branches, kind.weights, heads) for kind in kinds]
    columns = [_head_columns(out_CC if kind.alpha is None else out_CC * kind.alpha, heads) for kind in kinds]
    bias = bias_of(out_conv)
    for columns_CG, part in zip(columns, folded, strict=True):
        bias = torch.addmv(bias, columns_CG, part.bias.flatten()[unread_slots(heads) :])
    return Collapse(
        kernels=_side_by_side([part.kernels for part in folded]),
        x_weight=out_CC * residual,
        u_weight=_in_slots(columns, heads),
        bias=bias,
    )


def fold_branches(branches: Sequence[SeparableConv], weight_J: Tensor, heads: int) -> FoldedBranches:
    """Return the weighted sum of branches as one correlation."""
    slots_JRSd = _slot_weights(branches, heads) * weight_J.view(-1, 1, 1, 1)
    bias_RS = _slot_biases(branches, weight_J, slots_JRSd, heads)
    return FoldedBranches(kernels=_joint_kernels(branches, slots_JRSd), bias=bias_RS)


def bias_of(conv: nn.Conv2d) -> Tensor:
    """Return the bias of a convolution that has one."""
    return cast("Tensor", conv.bias)


def _mix(folded: Collapse, x: Tensor, u_BNS: Tensor) -> Tensor:
    """W_x x + W_u u + bias, of the shape (B, C, H, W) and the memory layout of x."""
    if not x.is_contiguous() and x.is_contiguous(memory_format=torch.channels_last):
        rows_BHWC = x.permute(0, 2, 3, 1)
        rows = F.linear(rows_BHWC.flatten(0, 2), folded.x_weight, folded.bias)
        rows.addmm_(u_BNS.flatten(0, 1).to(rows.dtype), folded.u_weight.t().to(rows.dtype))
        return rows.view(rows_BHWC.shape).permute(0, 3, 1, 2)
    maps = pointwise(x.flatten(2), folded.x_weight, folded.bias)
    u_weight = folded.u_weight.to(maps.dtype).expand(x.shape[0], -1, -1)
    return maps.baddbmm_(u_weight, u_BNS.transpose(1, 2).to(maps.dtype)).view(x.shape)


def pointwise(x_BCN: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return a 1x1 convolution; on the CPU faster than a convolution for contiguous maps."""
    return torch.baddbmm(bias[:, None], weight.expand(x_BCN.shape[0], -1, -1), x_BCN)


def _slot_weights(branches: Sequence[SeparableConv], heads: int) -> Tensor:
    """w (J, R, S, d): the rows of each slot summed."""
    pointwise = torch.stack([conv.pointwise.weight for conv in branches])
    d = pointwise.shape[2]
    return pointwise.view(-1, heads, SLOTS, d, d)[:, first_read_group(heads) :].sum(dim=3)


def _slot_biases(
    branches: Sequence[SeparableConv], weight_J: Tensor, slots_JRSd: Tensor, heads: int
) -> Tensor:
    """beta (R, S): the biases of each slot's rows, and the depthwise biases seen through them."""
    d, first = slots_JRSd.shape[3], first_read_group(heads)
    pointwise = torch.stack([bias_of(conv.pointwise) for conv in branches])
    depthwise = torch.stack([bias_of(conv.depthwise) for conv in branches])
    row_sums_JRS = pointwise.view(-1, heads, SLOTS, d)[:, first:].sum(dim=3)
    seen_JRS = (slots_JRSd * depthwise.view(-1, heads, 1, d)[:, first:]).sum(dim=3)
    return (row_sums_JRS * weight_J.view(-1, 1, 1) + seen_JRS).sum(dim=0)


def _joint_kernels(branches: Sequence[SeparableConv], slots_JRSd: Tensor) -> Tensor:
    """(K, K, R, d, S): all branches' kernels, padded to the largest and weighted, summed for every slot."""
    R, d = slots_JRSd.shape[1], slots_JRSd.shape[3]
    depthwise = [conv.depthwise.weight[-R * d :] for conv in branches]
    K = max(weight.shape[-1] for weight in depthwise)
    padded = torch.stack([F.pad(weight, [(K - weight.shape[-1]) // 2] * 4) for weight in depthwise])
    kernels_KKRdJ = padded.view(-1, R, d, K * K).permute(3, 1, 2, 0)
    mixed_RdSk = torch.matmul(slots_JRSd.permute(1, 3, 2, 0), kernels_KKRdJ.permute(1, 2, 3, 0))
    return mixed_RdSk.permute(3, 0, 1, 2).reshape(K, K, R, d, -1)


def _head_columns(out_CC: Tensor, heads: int) -> Tensor:
    """(C, G): columns summed over each head's channels."""
    return out_CC.view(len(out_CC), heads, -1).sum(dim=2)


def _in_slots(columns: Sequence[Tensor], heads: int) -> Tensor:
    """Return the columns (C, G) of all kinds in the order of their slots, less the first if unread."""
    if len(columns) == 1:
        return columns[0]
    unread = unread_slots(heads)
    padded = [F.pad(columns_CG, [unread, 0]).view(len(columns_CG), -1, SLOTS) for columns_CG in columns]
    return torch.stack(padded, dim=2).flatten(1)[:, unread:]


def _side_by_side(kernels: Sequence[Tensor]) -> Tensor:
    """(K, K, R, d, A*S): the kernels of all kinds, padded to the largest."""
    if len(kernels) == 1:
        return kernels[0]
    K = max(len(part) for part in kernels)
    return torch.cat([F.pad(part, [0, 0] * 3 + [(K - len(part)) // 2] * 4) for part in kernels], dim=-1)
