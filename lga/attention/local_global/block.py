"""Local-Global Attention with every part a setting, https://arxiv.org/abs/2411.09604.

    z   = x + position + sum_i gate_i * enlarge(scale_i(x))     on the channels that are read
    out = out_conv(sum of all branches j of a_j * (contract(branch_j(z)) + x))  [+ x]

The defaults are the released block, behind the published numbers. Its contraction sums attention weights over
their softmax axis and runs by its exact collapse (collapse.py) under every setting; queries, keys and the
channels that no head reads get a gradient of exactly zero. That is its deviation from the paper, whose text
has ``contraction="as_written"``. Parameters have the names of the released checkpoints.

Shapes: B batch, C channels, G heads, d = C/G, J branches, A kinds of branches (local, global; those that the
block has), H W map, N = H*W, n channels read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention.head_count import heads_of
from lga.attention.local_global.collapse import (
    Collapse,
    Kind,
    LinearMap,
    SeparableConv,
    bias_of,
    collapse,
    first_read_group,
)
from lga.attention.local_global.eval_cache import EvalCache
from lga.attention.local_global.gate import ScaleGate, add_gated_scales, gates_of, scale_gate
from lga.attention.local_global.settings import (
    GLOBAL_KERNEL,
    LOCAL_KERNELS,
    POSITION_SIZE,
    SCALES,
    Alpha,
    Branches,
    Contraction,
    Position,
    VariantSettings,
    as_kernels,
    sinusoidal_position,
)
from lga.attention.local_global.spectral_correlation import same_correlation, without_autocast
from lga.system.errors import UserError


@dataclass(frozen=True)
class Constants:
    """All that depends on the parameters and the map's size alone."""

    gate: ScaleGate | None  # None without scales
    position: Tensor | None  # (1, H, W, n)
    linear: LinearMap | None  # None if the contraction is as written


class LocalGlobalVariant(nn.Module):
    """Multi-scale gate, position, local and global branches, output convolution.

    ``heads`` are by default chosen by the channels, see `heads_for`.
    ``local_kernels`` and ``global_kernel`` are odd sizes; an empty list or None leaves that kind out.
    ``scales`` is the number of scales, of strides 1, 2, 4, ...; without any there is no gate.
    ``alpha_local`` and ``alpha_global`` are the values that the alphas start at, or stay at if ``alpha`` is
    "frozen"; a kind that is left out has none. ``residual`` adds the input to the output.

    In evaluation without gradients the constants are folded once. Raises UserError where ``heads`` do not
    divide ``channels``, a setting means nothing, or a map has another number of channels.
    """

    def __init__(
        self,
        channels: int,
        heads: int | None = None,
        local_kernels: Sequence[int] = LOCAL_KERNELS,
        global_kernel: int | None = GLOBAL_KERNEL,
        scales: int = SCALES,
        position: Position = "learned_nearest",
        alpha: Alpha = "learned",
        alpha_local: float = 0.5,
        alpha_global: float = 0.5,
        contraction: Contraction = "released",
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.heads = heads_of(channels, heads)
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
        self.released = contraction == "released"
        self._first_read = first_read_group(self.heads) * (channels // self.heads) if self.released else 0
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
        settings, values = self.settings, {}
        if settings.local_kernels:
            self.local_convs = nn.ModuleList(self._branch(kernel) for kernel in settings.local_kernels)
            values["local"] = settings.alpha_local
        if settings.global_kernel is not None:
            self.global_conv = self._branch(settings.global_kernel)
            values["global"] = settings.alpha_global
        if settings.alpha == "softmax":
            self.alpha_logits = nn.Parameter(torch.tensor(list(values.values())).log())
            return
        for kind, value in values.items():
            start = torch.full((self.channels,) if settings.alpha == "per_channel" else (), float(value))
            if settings.alpha == "frozen":  # a setting, no weight: a state dict does not hold it
                self.register_buffer(f"learnable_alpha_{kind}", start, persistent=False)
            else:
                self.register_parameter(f"learnable_alpha_{kind}", nn.Parameter(start))

    def _branch(self, kernel: int) -> SeparableConv:
        return SeparableConv(self.channels, 3 * self.channels, kernel, groups=self.heads)

    def train(self, mode: bool = True) -> "LocalGlobalVariant":
        """Set the mode and drop the folded constants."""
        self._eval_cache.clear()
        return super().train(mode)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        if x.dim() != 4 or x.shape[1] != self.channels:
            raise UserError(f"expected a (B, {self.channels}, H, W) map, got {tuple(x.shape)}")
        constants = self._constants(x)
        z_BHWn = self._gate_scales(x, constants)
        out = self._attend(x, z_BHWn) if constants.linear is None else constants.linear(x, z_BHWn)
        return out + x if self.settings.residual else out

    def scales(self) -> list[SeparableConv]:
        """Return the multi-scale convolutions, strides 1, 2, 4, ..."""
        return [cast("SeparableConv", conv) for conv in self.multi_scale_convs]

    def scale_gate(self) -> nn.Conv2d | None:
        """Return the 1x1 convolution to the gate's logits: the map itself, then its scales; None without."""
        return cast("nn.Conv2d", self.scale_attention[0]) if self.settings.scales else None

    def kinds(self) -> dict[str, list[SeparableConv]]:
        """Return the branches of each kind that the block has, "local" and "global"."""
        kinds = {}
        if self.settings.local_kernels:
            kinds["local"] = [cast("SeparableConv", conv) for conv in self.local_convs]
        if self.settings.global_kernel is not None:
            kinds["global"] = [self.global_conv]
        return kinds

    def branches(self) -> list[SeparableConv]:
        """Return the local branches, then the global one."""
        return list(chain.from_iterable(self.kinds().values()))

    def alphas(self) -> Tensor:
        """Return (A, 1), or (A, C) if every channel has its own; the kinds in the order of `kinds`."""
        return torch.stack(self._alphas())

    def branch_weights(self) -> Tensor:
        """(J, 1) or (J, C): a branch's weight in the output, its kind's alpha over the number of its kind."""
        kinds = self.kinds().values()
        shares = [[alpha / len(kind)] * len(kind) for kind, alpha in zip(kinds, self._alphas(), strict=True)]
        return torch.stack(list(chain.from_iterable(shares)))

    def residual_weight(self) -> Tensor:
        """(1,) or (C,): the sum of the alphas, because every branch adds the block's input to its output."""
        return reduce(torch.add, self._alphas())

    def position(self, size: tuple[int, int], first: int = 0) -> Tensor | None:
        """Return what the channels from ``first`` on get added, for ``size`` (H, W): (1, C - first, H, W)."""
        match self.settings.position:
            case "learned_nearest" | "learned_bilinear" as form:
                mode = form.removeprefix("learned_")
                return F.interpolate(self.position_encoding[:, first:], size=size, mode=mode)
            case "sinusoidal":
                start = first_read_group(self.heads) * (self.channels // self.heads)
                return sinusoidal_position(self.channels, start, size, like=self.out_conv.weight)[:, first:]
            case _:
                return None

    def collapse(self) -> Collapse:
        """Return the folded weights of the released contraction; differentiable."""
        if self.settings.alpha != "per_channel":
            kinds = [Kind(self.branches(), self.branch_weights())]
        else:
            kinds = [
                Kind(branches, alpha.new_full((len(branches),), 1 / len(branches)), alpha)
                for branches, alpha in zip(self.kinds().values(), self._alphas(), strict=True)
            ]
        return collapse(kinds, self.residual_weight(), self.out_conv, self.heads)

    def _alphas(self) -> list[Tensor]:
        if self.settings.alpha == "softmax":
            return list(self.alpha_logits.softmax(dim=0).view(-1, 1))
        return [getattr(self, f"learnable_alpha_{kind}").view(-1) for kind in self.kinds()]

    def _constants(self, x: Tensor) -> Constants:
        size = (x.shape[2], x.shape[3])
        with without_autocast(x.device):
            if self.training or torch.is_grad_enabled() or torch.compiler.is_compiling():
                return self._fold(size)
            return self._eval_cache.get(self, size, lambda: self._fold(size))

    def _fold(self, size: tuple[int, int]) -> Constants:
        gate, position, linear = self.scale_gate(), self.position(size, self._first_read), None
        if self.released:
            folded = self.collapse()
            correlation = same_correlation(size, folded.kernels)
            linear = LinearMap(folded, correlation, correlation.spectrum(folded.kernels))
        return Constants(
            gate=None if gate is None else scale_gate(gate, self.scales(), self._first_read),
            position=None if position is None else position.permute(0, 2, 3, 1),
            linear=linear,
        )

    def _gate_scales(self, x: Tensor, constants: Constants) -> Tensor:
        """z (B, H, W, n)."""
        gates = () if constants.gate is None else gates_of(x, constants.gate)
        rows = x.contiguous(memory_format=torch.channels_last)
        read = rows.permute(0, 2, 3, 1)[..., self._first_read :]
        z = read.clone() if constants.position is None else read + constants.position
        if constants.gate is None:
            return z
        return add_gated_scales(z, rows, gates, constants.gate, self.scales())

    def _attend(self, x: Tensor, z_BHWC: Tensor) -> Tensor:
        """Return the contraction as written."""
        z = z_BHWC.permute(0, 3, 1, 2)
        mixed = self.residual_weight()[:, None, None] * x
        for branch, weight in zip(self.branches(), self.branch_weights(), strict=True):
            mixed = mixed + weight[:, None, None] * self._channel_attention(branch, z)
        out: Tensor = self.out_conv(mixed)
        return out

    def _channel_attention(self, branch: SeparableConv, z: Tensor) -> Tensor:
        """softmax(q k^T / sqrt(d)) v, of z's shape (B, C, H, W); each head has its q, k and v in turn."""
        G, d = self.heads, self.channels // self.heads
        seen_BGdN = branch.depthwise(z).reshape(z.shape[0], G, d, -1)
        weight, bias = branch.pointwise.weight.view(G, 3 * d, d), bias_of(branch.pointwise).view(G, 3 * d, 1)
        q_BGdN, k_BGdN, v_BGdN = (weight @ seen_BGdN + bias).chunk(3, dim=2)
        weights_BGdd = (q_BGdN @ k_BGdN.transpose(2, 3) / d**0.5).softmax(dim=-1)
        attended_BGdN: Tensor = weights_BGdd @ v_BGdN
        return attended_BGdN.view(z.shape)


class LocalGlobalAttention(LocalGlobalVariant):
    """The released block, behind the published numbers; ``branches`` may leave out a kind of them."""

    def __init__(self, channels: int, heads: int | None = None, branches: Branches = "both") -> None:
        super().__init__(channels, heads, *_kernels(branches))


class LocalGlobalAttentionAsWritten(LocalGlobalVariant):
    """The block of the paper's text; ``branches`` may leave out a kind of them."""

    def __init__(self, channels: int, heads: int | None = None, branches: Branches = "both") -> None:
        super().__init__(channels, heads, *_kernels(branches), contraction="as_written")


def _kernels(branches: Branches) -> tuple[tuple[int, ...], int | None]:
    """Return the kernels of the local branches, and that of the global one."""
    if branches not in ("both", "local", "global"):
        raise UserError(f"branches={branches!r} is unknown; set both, local or global")
    return LOCAL_KERNELS if branches != "global" else (), GLOBAL_KERNEL if branches != "local" else None
