"""What the released contraction amounts to (see local_global_collapse.py), for any kinds of branches.

Where all channels share their alphas, these fold into one correlation of z. An alpha of every channel's own
multiplies after the contraction, so that each kind of branches, local and global, has its own slots of u:

    out = W (sum_f alpha_f) x + sum_f W_f u_f + bias
    W_f[o,h] = sum over the channels c of head h of W[o,c] alpha_f[c]

Shapes: B batch, C channels, H W map, N = H*W, n channels read, G heads, d = C/G, J branches, A kinds,
R read groups, S = 3 slots of each kind, K the largest kernel."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention.local_global_collapse import (
    SLOTS,
    Collapse,
    FoldedBranches,
    bias_of,
    fold_branches,
    mix,
    unread_slots,
)
from lga.attention.local_global_parameters import SeparableConv
from lga.attention.spectral_correlation import SameCorrelation


@dataclass(frozen=True)
class Kind:
    """Branches with their weights in one sum, and what that sum is multiplied by."""

    branches: Sequence[SeparableConv]
    weights: Tensor  # (J,)
    alpha: Tensor  # (1,), or (C,) for one of every channel


@dataclass(frozen=True)
class LinearMap:
    """W_x x + W_u u + bias, u the correlation of z with all slots' kernels; for one size of maps."""

    folded: Collapse
    correlation: SameCorrelation
    spectrum: Tensor

    def __call__(self, x: Tensor, z_BHWn: Tensor) -> Tensor:
        """The output (B, C, H, W) for the block's input x of that shape."""
        u_BHWS = self.correlation.correlate(z_BHWn, self.spectrum, self.folded.kernels.shape[2])
        return mix(self.folded, x, u_BHWS.flatten(1, 2))


def collapse_kinds(kinds: Sequence[Kind], residual: Tensor, out_conv: nn.Conv2d, heads: int) -> Collapse:
    """As `collapse`, with u in slots (R, A, S) of which none is left out: ``u_weight`` is (C, R*A*S).

    ``residual`` (1,) or (C,) is what x is multiplied by before the output convolution.
    """
    C = out_conv.in_channels
    out_CC = out_conv.weight.view(C, C)
    folded = [fold_branches(kind.branches, kind.weights, heads) for kind in kinds]
    u_weights_CRS = [_slot_columns(out_CC * kind.alpha, heads) for kind in kinds]
    bias = bias_of(out_conv)
    for weight_CRS, part in zip(u_weights_CRS, folded, strict=True):
        bias = torch.addmv(bias, weight_CRS.flatten(1), part.bias.flatten())
    return Collapse(
        kernels=_side_by_side(folded),
        x_weight=out_CC * residual,
        u_weight=torch.stack(u_weights_CRS, dim=2).flatten(1),
        bias=bias,
    )


def _slot_columns(out_CC: Tensor, heads: int) -> Tensor:
    """(C, R, S): columns summed over each head's channels, zero for the slots that no head reads."""
    C = out_CC.shape[0]
    columns_CG = out_CC.view(C, heads, C // heads).sum(dim=2)
    return F.pad(columns_CG, [unread_slots(heads), 0]).view(C, -1, SLOTS)


def _side_by_side(folded: Sequence[FoldedBranches]) -> Tensor:
    """(K, K, R, d, A*S): the kernels of all kinds, padded to the largest."""
    K = max(part.kernels.shape[0] for part in folded)
    margins = [(K - part.kernels.shape[0]) // 2 for part in folded]
    padded = [
        F.pad(part.kernels, [0, 0] * 3 + [margin] * 4) for part, margin in zip(folded, margins, strict=True)
    ]
    return torch.cat(padded, dim=-1)
