"""The rule of heads, by hand: the divisor of the channels, from 6 on, that leaves a head closest to 16."""

import pytest

from lga.attention import (
    CapacityControl,
    LocalGlobalAttention,
    LocalGlobalAttentionAsWritten,
    LocalGlobalVariant,
    MultiHeadSelfAttention,
)
from lga.attention.head_count import heads_for
from lga.system.errors import UserError


@pytest.mark.parametrize(
    ("channels", "heads"),
    [
        (24, 6),  # the paper's MobileNetV3 in detection
        (128, 8),  # its ResNet18
        (256, 16),  # and YOLOv8n
        (320, 20),
        (1024, 64),
        (64, 8),  # not 4 of 16 channels
        (16, 8),
        (7, 7),
        (4, 4),
        (1, 1),
        (1000, 50),  # 20 a head: 20/16 = 1.25; 8 a head would be 2
        (368, 23),
    ],
)
def test_heads_of_some_widths(channels, heads):
    assert heads_for(channels) == heads


@pytest.mark.parametrize("block", [LocalGlobalAttention, LocalGlobalAttentionAsWritten, LocalGlobalVariant])
def test_heads_follow_the_channels_by_default(block):
    assert (block(24).heads, block(128).heads, block(24, 12).heads) == (6, 8, 12)


def test_other_blocks_have_their_own_default():
    assert (MultiHeadSelfAttention(24).heads, MultiHeadSelfAttention(24, None).heads) == (4, 6)
    assert CapacityControl(24).expand.out_channels == CapacityControl(24, 6).expand.out_channels


@pytest.mark.parametrize("channels", [0, -24, 24.0, "24"])
def test_channels_that_are_no_number_of_them(channels):
    with pytest.raises(UserError, match=f"channels={channels} .* 1 or more"):
        LocalGlobalAttention(channels)
