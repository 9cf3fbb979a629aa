"""All that is told of one block after one epoch, as plain values for JSON.

Numbers have six significant digits, so that only a zero is written as one; what is not finite is None."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from lga.attention import LocalGlobalVariant
from lga.instruments.alpha import AlphaState, alpha_state
from lga.instruments.anatomy import contract, cut, gated, gates, named_branches
from lga.instruments.attention_entropy import AttentionState, attention_state
from lga.instruments.gate import GateState, gate_state
from lga.instruments.gradients import GradientState
from lga.instruments.kernel import Picture, kernel_picture
from lga.instruments.paths import path_shares

DIGITS = 6


@dataclass(frozen=True)
class BlockState:
    """A block after an epoch; what needs images is None where none were seen.

    ``attention`` is by branch, ``paths`` by path; ``kernel`` is (K, K), a picture of what ``picture`` says.
    """

    contraction: str
    alpha: AlphaState
    gradients: GradientState | None = None
    gate: GateState | None = None
    attention: dict[str, AttentionState] | None = None
    paths: dict[str, float] | None = None
    picture: Picture | None = None
    kernel: list[list[float]] | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values alone."""
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded


@torch.no_grad()
def block_state(
    block: LocalGlobalVariant, x: Tensor | None, gradients: GradientState | None = None
) -> BlockState:
    """The state of ``block`` with the input x (B, C, H, W), if one is known."""
    contraction = block.settings.contraction
    alpha = alpha_state(block)
    if x is None:
        return BlockState(contraction, alpha, gradients)
    x = x.to(block.out_conv.weight.dtype)
    attention, branches = _branches(block, gated(block, x))
    weights = gates(block, x)
    picture, kernel = kernel_picture(block, x)
    return BlockState(
        contraction=contraction,
        alpha=alpha,
        gradients=gradients,
        gate=None if weights is None else gate_state(weights),
        attention=attention,
        paths=path_shares(block, x, branches),
        picture=picture,
        kernel=kernel.tolist(),
    )


def _branches(
    block: LocalGlobalVariant, z: Tensor
) -> tuple[dict[str, AttentionState], dict[str, list[Tensor]]]:
    """The attention of each branch, and the maps (B, C, H, W) of the branches by kind."""
    attention: dict[str, AttentionState] = {}
    maps: dict[str, list[Tensor]] = {kind: [] for kind in block.kinds()}
    for name, conv in named_branches(block).items():
        stacked = conv(z)
        q, k, _ = cut(block, stacked.flatten(2), dim=1)
        if (state := attention_state(q, k)) is not None:
            attention[name] = state
        maps[name.split()[0]].append(contract(block, stacked))
    return attention, maps


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
