"""Attention blocks as timm's networks take them, in their `attn_layer`; timm itself is not needed here.

Source: the contract of `timm.layers.create_attn`, https://github.com/huggingface/pytorch-image-models: a
class or function called with the channels, and by some with the activation, device and type of all layers.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


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
