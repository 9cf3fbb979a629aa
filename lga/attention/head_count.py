"""Heads of an attention: the check that they cut the channels evenly, and a rule where none are set."""

import math

from lga.system.errors import UserError

CHANNELS_PER_HEAD = 16  # as the released ResNet18 (128 / 8) and YOLOv8n (256 / 16) have it
LEAST_HEADS = 6  # as the released MobileNetV3 has them in detection, on 24 channels


def heads_of(channels: int, heads: int | None) -> int:
    """``heads``, or those of the rule for None.

    Raises UserError for channels that are no number, and for heads that do not divide them.
    """
    if not isinstance(channels, int) or channels < 1:
        raise UserError(f"channels={channels} is no number of channels; set 1 or more")
    if heads is None:
        return heads_for(channels)
    if not isinstance(heads, int) or heads < 1 or channels % heads:
        valid = ", ".join(str(n) for n in _divisors(channels))
        raise UserError(f"heads={heads} does not divide {channels} channels; set one of {valid}")
    return heads


def heads_for(channels: int) -> int:
    """Return the divisor of ``channels``, from 6 on, that leaves each head closest, by ratio, to 16 channels.

    Those are the heads of the released detectors: 6 of 24 channels, 8 of 128, 16 of 256. (The classifier has
    12 on the same 24 channels, which no rule of channels alone gives.) Of two as close the smaller count is
    taken: 320 channels get 20 heads, 1000 get 50 of 20; fewer than 6 channels get a head each.
    """
    enough = [heads for heads in _divisors(channels) if heads >= min(LEAST_HEADS, channels)]
    return min(enough, key=lambda heads: abs(math.log(channels / heads / CHANNELS_PER_HEAD)))


def _divisors(channels: int) -> list[int]:
    return [n for n in range(1, channels + 1) if channels % n == 0]
