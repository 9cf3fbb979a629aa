"""Local-Global Attention as released (the block behind the published numbers), https://arxiv.org/abs/2411.09604.

The released contraction sums attention weights over their softmax axis, so queries and keys have no effect:
the block is a multi-scale gate and a linear map. It runs by that exact collapse (local_global_collapse.py),
every parameter kept. That is its deviation from the paper; local_global_as_written.py has the text's block.

    z   = x + position + sum_i gate_i * enlarge(scale_i(x))     on the channels that are read
    u   = correlation of z with the branches' joint kernels
    out = W_x x + W_u u + bias

The first map's gate and each scale's "+ x" do not appear, because the gates sum to 1.

Shapes: B batch, C channels, G heads, n read channels, H W map, h w map of a scale, N = H*W."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from lga.attention.eval_cache import EvalCache
from lga.attention.local_global_collapse import (
    Collapse,
    bias_of,
    collapse,
    first_read_group,
    mix,
    unread_slots,
)
from lga.attention.local_global_parameters import Branches, LocalGlobalParameters
from lga.attention.scale_gate import add_gated, gate_of
from lga.attention.spectral_correlation import SameCorrelation, same_correlation, without_autocast


@dataclass(frozen=True)
class Constants:
    """All that depends on the parameters and the map's size alone."""

    gate: tuple[Tensor, Tensor]  # the 1x1 convolution to the gates: (gates, C) and (gates,)
    scales: list[tuple[Tensor, Tensor]]  # each scale's 1x1 convolution to the read channels: (n, C) and (n,)
    position: Tensor  # (1, H, W, n)
    correlation: SameCorrelation
    spectrum: Tensor
    folded: Collapse


class LocalGlobalAttention(LocalGlobalParameters):
    """The released block; in evaluation without gradients its constants are folded once."""

    def __init__(self, channels: int, heads: int, branches: Branches = "both") -> None:
        super().__init__(channels, heads, branches)
        self._read_groups = heads - first_read_group(heads)
        self._first_read = first_read_group(heads) * (channels // heads)
        self._eval_cache: EvalCache[Constants] = EvalCache()

    def train(self, mode: bool = True) -> "LocalGlobalAttention":
        """Sets the mode and drops the folded constants."""
        self._eval_cache.clear()
        return super().train(mode)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape and memory layout."""
        constants = self._constants(x)
        z_BHWn = self._gate_scales(x, constants)
        u_BHWS = constants.correlation.correlate(z_BHWn, constants.spectrum, self._read_groups)
        return mix(constants.folded, x, u_BHWS.flatten(1, 2)[..., unread_slots(self.heads) :])

    def _constants(self, x: Tensor) -> Constants:
        size = (x.shape[2], x.shape[3])
        with without_autocast(x.device):
            if self.training or torch.is_grad_enabled() or torch.compiler.is_compiling():
                return self._fold(size)
            return self._eval_cache.get(self, size, lambda: self._fold(size))

    def _fold(self, size: tuple[int, int]) -> Constants:
        C, first = self.channels, self._first_read
        folded = collapse(self)
        correlation = same_correlation(size, folded.kernels)
        position = F.interpolate(self.position_encoding[:, first:], size=size, mode="nearest")
        gate, pointwise = self.scale_gate(), [scale.pointwise for scale in self.scales()]
        return Constants(
            gate=(gate.weight.view(-1, C), bias_of(gate)),
            scales=[(conv.weight.view(C, C)[first:], bias_of(conv)[first:]) for conv in pointwise],
            position=position.permute(0, 2, 3, 1),
            correlation=correlation,
            spectrum=correlation.spectrum(folded.kernels),
            folded=folded,
        )

    def _gate_scales(self, x: Tensor, constants: Constants) -> Tensor:
        """z (B, H, W, n)."""
        gates = gate_of(x, *constants.gate)
        maps = x.contiguous(memory_format=torch.channels_last)
        z = maps.permute(0, 2, 3, 1)[..., self._first_read :] + constants.position
        for scale, (weight, bias), gate in zip(self.scales(), constants.scales, gates, strict=True):
            scaled = F.linear(scale.depthwise(maps).permute(0, 2, 3, 1), weight, bias)
            z = add_gated(z, gate, scaled)
        return z
