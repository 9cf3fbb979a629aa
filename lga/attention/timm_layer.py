"""Attention blocks as timm's networks take them, in their `attn_layer`; timm itself is not needed here.

Source: the contract of `timm.layers.create_attn`, https://github.com/huggingface/pytorch-image-models: a
class or function called with the channels, and by some with the activation, device and type of all layers.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from lga.attention.head_count import with_heads_for_channels


def as_timm_layer(block: Callable[..., nn.Module], **settings: Any) -> Callable[..., nn.Module]:
    """Return `block` with `settings` as an `attn_layer`, for `timm.create_model(..., block_args=...)`.

    A network calls it once in each of its blocks, with channels that grow from stage to stage. Heads that a
    block needs and `settings` lack are chosen by the channels: about 16 channels a head.

        timm.create_model("resnet18", block_args={"attn_layer": as_timm_layer(LocalGlobalAttention)})
    """

    def made(channels: int, heads: int | None = None) -> nn.Module:
        return block(channels, **settings) if heads is None else block(channels, heads=heads, **settings)

    needs_heads = "heads" not in settings and _is_required(block, "heads")
    make = with_heads_for_channels(made) if needs_heads else made

    def layer(
        channels: int,
        act_layer: Any = None,  # handed to every layer; these blocks have their own
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> nn.Module:
        return make(channels).to(device=device, dtype=dtype)

    return layer


def _is_required(block: Callable[..., nn.Module], name: str) -> bool:
    parameter = inspect.signature(block).parameters.get(name)
    return parameter is not None and parameter.default is parameter.empty
