"""Heads of an attention: the check that they cut the channels evenly, and a rule where none are set."""

import math
from collections.abc import Callable

from torch import nn

from lga.system.errors import UserError

CHANNELS_PER_HEAD = 16  # as the released ResNet18 (128 / 8) and YOLOv8n (256 / 16) have it


def check_heads(attention: str, channels: int, heads: int) -> None:
    """Raises UserError, naming the valid counts, unless ``heads`` divide ``channels``."""
    if heads < 1 or channels % heads:
        valid = ", ".join(str(n) for n in _divisors(channels))
        raise UserError(
            f"attention '{attention}': attention.block.heads={heads} does not divide {channels} channels; "
            f"set one of {valid}"
        )


def heads_for(channels: int) -> int:
    """The divisor of ``channels`` that leaves each head closest, by ratio, to 16 channels.

    Of two as close the smaller count is taken: 320 channels get 20 heads, 24 get 2, 1000 get 50 of 20.
    """
    return min(_divisors(channels), key=lambda heads: abs(math.log(channels / heads / CHANNELS_PER_HEAD)))


def with_heads_for_channels(block: Callable[..., nn.Module]) -> Callable[[int], nn.Module]:
    """``block``, a class that takes ``heads``, as one that chooses them by the slot's channels."""
    return lambda channels: block(channels, heads=heads_for(channels))


def _divisors(channels: int) -> list[int]:
    return [n for n in range(1, channels + 1) if channels % n == 0]
