"""Attention blocks as timm's networks take them, in their `attn_layer`, and timm's own blocks in our slots.

timm is needed by the second alone.

Source: the contract of `timm.layers.create_attn`, https://github.com/huggingface/pytorch-image-models: a
class or function called with the channels, and by some with the activation, device and type of all layers.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from lga.system.errors import UserError

# Of timm.layers.get_attn: those that map any (B, C, H, W) to the same shape, as tried with timm 1.0.31.
FITTING = (
    "se", "ese", "eca", "ecam", "ceca", "gc", "gca", "cbam", "lcbam", "coord", "scoord", "ela", "strip",
    "sk", "splat", "lambda", "nl",
)  # fmt: skip
UNFIT = {
    "ge": "timm itself cannot build it",
    "bottleneck": "it is made for one size of maps",
    "halo": "it takes maps whose sides are multiples of its blocks' alone",
    "bat": "it takes maps whose sides are multiples of its blocks' alone",
}


def as_timm_layer(block: Callable[..., nn.Module], **settings: Any) -> Callable[..., nn.Module]:
    """Return `block` with `settings` as an `attn_layer`, for `timm.create_model(..., block_args=...)`.

    A network calls it once in each of its blocks, with channels that grow from stage to stage; the heads of
    Local-Global Attention follow them, unless `settings` have some.

        timm.create_model("resnet18", block_args={"attn_layer": as_timm_layer(LocalGlobalAttention)})
    """

    def layer(
        channels: int,
        act_layer: Any = None,  # handed to every layer; these blocks have their own
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> nn.Module:
        return block(channels, **settings).to(device=device, dtype=dtype)

    return layer


def timm_block(channels: int, name: str) -> nn.Module:
    """Return the block that timm's attention factory calls `name`, for maps (B, C, H, W).

    Raises UserError for one that does not fit a slot, and for one that is unknown.
    """
    if name not in FITTING:
        why = UNFIT.get(name, "timm has no such block")
        raise UserError(f"name={name}: {why}; valid: {', '.join(FITTING)}")
    from timm.layers.create_attn import get_attn

    made: nn.Module = get_attn(name)(channels)  # type: ignore[no-untyped-call]
    return made
