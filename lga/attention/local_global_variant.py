"""Local-Global Attention with every part a setting, https://arxiv.org/abs/2411.09604; for ablations.

At its defaults it is the released block (local_global.py); with ``contraction="as_written"`` it is the block
of the text (local_global_as_written.py). Where a parameter is the same, so is its name.

    z   = x + position + sum_i gate_i * enlarge(scale_i(x))
    out = out_conv(sum of all branches j of a_j * (contract(branch_j(z)) + x))  [+ x]

The released contraction runs by its exact collapse under every setting. Queries, keys and the channels that
no head reads get a gradient of exactly zero there.

Shapes: B batch, C channels, J branches, A kinds of branches (local, global), H W map, n channels read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, cast

import torch
from torch import Tensor, nn

from lga.attention.channel_attention import channel_attention
from lga.attention.eval_cache import EvalCache
from lga.attention.head_count import check_heads
from lga.attention.local_global_alpha import add_alpha, alpha_of
from lga.attention.local_global_collapse import Collapse, first_read_group
from lga.attention.local_global_linear_map import Kind, LinearMap, collapse_kinds
from lga.attention.local_global_parameters import POSITION_SIZE, SeparableConv
from lga.attention.local_global_position import resized, sinusoidal_position
from lga.attention.local_global_settings import Alpha, Contraction, Position, VariantSettings, as_kernels
from lga.attention.scale_gate import add_gated_scales
from lga.attention.spectral_correlation import same_correlation, without_autocast


@dataclass(frozen=True)
class Constants:
    """All that depends on the parameters and the map's size alone."""

    position: Tensor | None  # (1, n, H, W)
    linear: LinearMap | None  # None if the contraction is as written


class LocalGlobalVariant(nn.Module):
    """Multi-scale gate, position, local and global branches, output convolution.

    ``local_kernels`` and ``global_kernel`` are odd sizes; an empty list or None leaves that kind out.
    ``scales`` is the number of scales, of strides 1, 2, 4, ...; without any there is no gate.
    ``alpha_local`` and ``alpha_global`` are the values that the alphas start at, or stay at if ``alpha`` is
    "frozen"; a kind that is left out has none. ``residual`` adds the input to the output.

    Raises UserError where ``heads`` do not divide ``channels`` or a setting means nothing.
    """

    def __init__(
        self,
        channels: int,
        heads: int,
        local_kernels: Sequence[int] = (3, 5, 7),
        global_kernel: int | None = 11,
        scales: int = 3,
        position: Position = "learned_nearest",
        alpha: Alpha = "learned",
        alpha_local: float = 0.5,
        alpha_global: float = 0.5,
        contraction: Contraction = "released",
        residual: bool = False,
    ) -> None:
        super().__init__()
        check_heads("lga_variant", channels, heads)
        self.settings = VariantSettings(
            local_kernels=as_kernels(local_kernels),
            global_kernel=global_kernel,
            scales=scales,
            position=position,
            alpha=alpha,
            alpha_local=alpha_local,
            alpha_global=alpha_global,
            contraction=contraction,
            residual=residual,
        )
        self.channels = channels
        self.heads = heads
        self._first_read = first_read_group(heads) * (channels // heads) if contraction == "released" else 0
        self._eval_cache: EvalCache[Constants] = EvalCache()
        self._add_scales()
        if position in ("learned_nearest", "learned_bilinear"):
            self.position_encoding = nn.Parameter(torch.randn(1, channels, POSITION_SIZE, POSITION_SIZE))
        self._add_branches()
        self.out_conv = nn.Conv2d(channels, channels, 1)

    def _add_scales(self) -> None:
        C, scales = self.channels, self.settings.scales
        self.multi_scale_convs = nn.ModuleList(SeparableConv(C, C, 3, stride=2**i) for i in range(scales))
        if scales:
            self.scale_attention = nn.Sequential(nn.Conv2d(C, 1 + scales, 1), nn.Softmax(dim=1))

    def _add_branches(self) -> None:
        C, settings = self.channels, self.settings
        values = {}
        if settings.local_kernels:
            self.local_convs = nn.ModuleList(self._branch(kernel) for kernel in settings.local_kernels)
            values["local"] = settings.alpha_local
        if settings.global_kernel is not None:
            self.global_conv = self._branch(settings.global_kernel)
            values["global"] = settings.alpha_global
        add_alpha(self, settings.alpha, values, C)

    def _branch(self, kernel: int) -> SeparableConv:
        return SeparableConv(self.channels, 3 * self.channels, kernel, groups=self.heads)

    def train(self, mode: bool = True) -> "LocalGlobalVariant":
        """Sets the mode and drops the folded constants."""
        self._eval_cache.clear()
        return super().train(mode)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        constants = self._constants(x)
        z_BHWn = self._gate_scales(x, constants.position)
        out = self._attend(x, z_BHWn) if constants.linear is None else constants.linear(x, z_BHWn)
        return out + x if self.settings.residual else out

    def scales(self) -> list[SeparableConv]:
        """The multi-scale convolutions, strides 1, 2, 4, ..."""
        return [cast("SeparableConv", conv) for conv in self.multi_scale_convs]

    def scale_gate(self) -> nn.Conv2d | None:
        """The 1x1 convolution to the logits of the gate: the map itself, then its scales; None without."""
        return cast("nn.Conv2d", self.scale_attention[0]) if self.settings.scales else None

    def kinds(self) -> dict[Literal["local", "global"], list[SeparableConv]]:
        """The branches of each kind that the block has."""
        kinds: dict[Literal["local", "global"], list[SeparableConv]] = {}
        if self.settings.local_kernels:
            kinds["local"] = [cast("SeparableConv", conv) for conv in self.local_convs]
        if self.settings.global_kernel is not None:
            kinds["global"] = [self.global_conv]
        return kinds

    def branches(self) -> list[SeparableConv]:
        """The local branches, then the global one."""
        return list(chain.from_iterable(self.kinds().values()))

    def alphas(self) -> Tensor:
        """(A, 1), or (A, C) if every channel has its own; the kinds in the order of `kinds`."""
        return alpha_of(self, self.settings.alpha, list(self.kinds()))

    def branch_weights(self) -> Tensor:
        """(J, 1) or (J, C): a branch's weight in the output, its kind's alpha over the number of its kind."""
        kinds = self.kinds().values()
        shares = [
            (alpha / len(kind)).expand(len(kind), -1)
            for kind, alpha in zip(kinds, self.alphas(), strict=True)
        ]
        return torch.cat(shares)

    def residual_weight(self) -> Tensor:
        """(1,) or (C,): the sum of the alphas, because every branch adds the block's input to its output."""
        return self.alphas().sum(dim=0)

    def position(self, size: tuple[int, int]) -> Tensor | None:
        """What is added to the map of ``size`` (H, W): (1, C, H, W); None for no position."""
        match self.settings.position:
            case "learned_nearest":
                return resized(self.position_encoding, size, "nearest")
            case "learned_bilinear":
                return resized(self.position_encoding, size, "bilinear")
            case "sinusoidal":
                first = first_read_group(self.heads) * (self.channels // self.heads)
                return sinusoidal_position(self.channels, first, size, like=self.out_conv.weight)
            case _:
                return None

    def collapse(self) -> Collapse:
        """The folded weights of the released contraction; differentiable."""
        alphas = self.alphas()
        if alphas.shape[1] == 1:
            kinds = [Kind(self.branches(), self.branch_weights()[:, 0], torch.ones_like(alphas[0]))]
        else:
            kinds = [
                Kind(branches, alpha.new_full((len(branches),), 1 / len(branches)), alpha)
                for branches, alpha in zip(self.kinds().values(), alphas, strict=True)
            ]
        return collapse_kinds(kinds, self.residual_weight(), self.out_conv, self.heads)

    def _constants(self, x: Tensor) -> Constants:
        size = (x.shape[2], x.shape[3])
        with without_autocast(x.device):
            if self.training or torch.is_grad_enabled() or torch.compiler.is_compiling():
                return self._fold(size)
            return self._eval_cache.get(self, size, lambda: self._fold(size))

    def _fold(self, size: tuple[int, int]) -> Constants:
        position = self.position(size)
        if position is not None:
            position = position[:, self._first_read :]
        if self.settings.contraction == "as_written":
            return Constants(position, linear=None)
        folded = self.collapse()
        correlation = same_correlation(size, folded.kernels)
        return Constants(position, LinearMap(folded, correlation, correlation.spectrum(folded.kernels)))

    def _gate_scales(self, x: Tensor, position: Tensor | None) -> Tensor:
        """z (B, H, W, n)."""
        z = x.permute(0, 2, 3, 1)[..., self._first_read :].contiguous()
        if position is not None:
            z = z + position.permute(0, 2, 3, 1)
        gate = self.scale_gate()
        if gate is None:
            return z
        return add_gated_scales(z.clone() if position is None else z, x, gate, self.scales())

    def _attend(self, x: Tensor, z_BHWC: Tensor) -> Tensor:
        """The contraction as written."""
        z = z_BHWC.permute(0, 3, 1, 2)
        mixed = self.residual_weight()[:, None, None] * x
        for branch, weight in zip(self.branches(), self.branch_weights(), strict=True):
            mixed = mixed + weight[:, None, None] * channel_attention(branch(z), self.heads)
        out: Tensor = self.out_conv(mixed)
        return out
