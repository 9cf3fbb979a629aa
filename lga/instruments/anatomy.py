"""One view of all Local-Global blocks: their parts under one name each, and the maps between them.

    z   = x + position + sum_i gate_i * enlarge(scale_i(x))
    out = out_conv(sum over kinds of alpha * (mean of its branches on z + x))  [+ x]

The blocks compute the same faster and keep none of it; the instruments compute it again, step by step.

Shapes: B batch, C channels, G heads, d = C/G channels of a head, H W map, N = H*W, S scales and the map
itself, A kinds of branches (local, global; those that the block has)."""

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention import LocalGlobalAttention, LocalGlobalVariant
from lga.attention.local_global_parameters import SeparableConv
from lga.instruments.blocks import Block


@dataclass(frozen=True)
class Anatomy:
    """A block's parts; ``released`` says which contraction it has."""

    block: Block
    released: bool
    kinds: dict[str, list[SeparableConv]]
    alphas: Tensor  # (A, 1), or (A, C) if every channel has its own
    gate: nn.Conv2d | None
    scales: list[SeparableConv]
    residual: bool

    @property
    def heads(self) -> int:
        """G."""
        return self.block.heads

    def branches(self) -> dict[str, SeparableConv]:
        """The branches as "local 3x3", "global 11x11"; a name that would come again is numbered."""
        seen: Counter[str] = Counter()
        named = {}
        for kind, convs in self.kinds.items():
            for conv in convs:
                size = conv.depthwise.kernel_size[0]
                name = f"{kind} {size}x{size}"
                seen[name] += 1
                named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = conv
        return named

    def gates(self, x: Tensor) -> Tensor | None:
        """(B, S, H, W), the first for the map itself; None without scales."""
        return None if self.gate is None else self.gate(x).softmax(dim=1)

    def z(self, x: Tensor) -> Tensor:
        """What the branches get for the block's input x (B, C, H, W): the same shape."""
        size = (x.shape[2], x.shape[3])
        z, gates, position = x, self.gates(x), _position(self.block, size)
        if gates is not None:
            for index, scale in enumerate(self.scales, start=1):
                z = z + gates[:, index : index + 1] * F.interpolate(scale(x), size=size, mode="nearest")
        return z if position is None else z + position

    def contract(self, stacked: Tensor) -> Tensor:
        """A branch's map (B, C, H, W) of its queries, keys and values (B, 3C, H, W)."""
        q, k, v = self.cut(stacked.flatten(2), dim=1)
        # Released attention sums to 1 over what the values are not summed over.
        attended = v.sum(dim=2, keepdim=True).expand_as(v) if self.released else attention(q, k) @ v
        return attended.reshape(stacked.shape[0], -1, *stacked.shape[2:])

    def cut(self, stacked: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values (G, d) of the 3C along ``dim``.

        The released block cuts thirds across all groups, the block as written thirds of each head's group.
        """
        sizes = (3, self.heads, -1) if self.released else (self.heads, 3, -1)
        parts = stacked.reshape(*stacked.shape[:dim], *sizes, *stacked.shape[dim + 1 :])
        q, k, v = parts.unbind(dim if self.released else dim + 1)
        return q, k, v


def attention(q_BGdN: Tensor, k_BGdN: Tensor) -> Tensor:
    """softmax(q k^T / sqrt(d)): (B, G, d, d), over the last axis."""
    energies: Tensor = q_BGdN @ k_BGdN.transpose(2, 3) / q_BGdN.shape[2] ** 0.5
    return energies.softmax(dim=-1)


def anatomy(block: Block) -> Anatomy:
    """The parts of ``block``."""
    if isinstance(block, LocalGlobalVariant):
        return Anatomy(
            block=block,
            released=block.settings.contraction == "released",
            kinds={str(kind): convs for kind, convs in block.kinds().items()},
            alphas=block.alphas(),
            gate=block.scale_gate(),
            scales=block.scales(),
            residual=block.settings.residual,
        )
    kinds: dict[str, list[SeparableConv]] = {}
    alphas: list[Tensor] = []
    if block.has_local:
        kinds["local"] = [
            conv for conv in block.branches() if not block.has_global or conv is not block.global_conv
        ]
        alphas.append(block.learnable_alpha_local)
    if block.has_global:
        kinds["global"] = [block.global_conv]
        alphas.append(block.learnable_alpha_global)
    return Anatomy(
        block=block,
        released=isinstance(block, LocalGlobalAttention),
        kinds=kinds,
        alphas=torch.stack(alphas)[:, None],
        gate=block.scale_gate(),
        scales=block.scales(),
        residual=False,
    )


def _position(block: Block, size: tuple[int, int]) -> Tensor | None:
    if isinstance(block, LocalGlobalVariant):
        return block.position(size)
    return F.interpolate(block.position_encoding, size=size, mode="nearest")
