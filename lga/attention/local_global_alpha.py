"""The weights of the local and of the global branches of Local-Global Attention, in four forms.

The released block learns two scalars (https://arxiv.org/abs/2411.09604, as ``learnable_alpha_local`` and
``learnable_alpha_global``). Beside it: one of each for every channel, constants, and a softmax of two logits.

Shapes: C channels, A kinds of branches (local, global; those that the block has)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lga.attention.local_global_settings import Alpha

LOGITS = "alpha_logits"


def add_alpha(block: nn.Module, form: Alpha, values: Mapping[str, float], channels: int) -> None:
    """Registers on ``block`` what holds the alphas that start at ``values`` of "local" and "global".

    Frozen ones are settings, not weights: a state dict does not hold them.
    """
    if form == "softmax":
        block.register_parameter(LOGITS, nn.Parameter(torch.tensor(list(values.values())).log()))
        return
    for kind, value in values.items():
        start = torch.full((channels,) if form == "per_channel" else (), float(value))
        if form == "frozen":
            block.register_buffer(_name(kind), start, persistent=False)
        else:
            block.register_parameter(_name(kind), nn.Parameter(start))


def alpha_of(block: nn.Module, form: Alpha, kinds: list[str]) -> Tensor:
    """(A, 1), or (A, C) if every channel has its own."""
    if form == "softmax":
        logits: Tensor = getattr(block, LOGITS)
        return logits.softmax(dim=0)[:, None]
    return torch.stack([getattr(block, _name(kind)).view(-1) for kind in kinds])


def _name(kind: str) -> str:
    return f"learnable_alpha_{kind}"
