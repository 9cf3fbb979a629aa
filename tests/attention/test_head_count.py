"""The rule of heads, by hand: the divisor of the channels that leaves a head closest to 16 by ratio."""

import pytest

from lga.attention import LocalGlobalAttention
from lga.attention.head_count import heads_for, with_heads_for_channels


@pytest.mark.parametrize(
    ("channels", "heads"),
    [
        (128, 8),  # the paper's ResNet18
        (256, 16),  # and YOLOv8n
        (320, 20),
        (1024, 64),
        (24, 2),  # 12 a head: 16/12 is nearer to 1 than 24/16
        (16, 1),
        (7, 1),
        (1000, 50),  # 20 a head: 20/16 = 1.25; 8 a head would be 2
        (368, 23),
    ],
)
def test_heads_of_some_widths(channels, heads):
    assert heads_for(channels) == heads
    assert with_heads_for_channels(LocalGlobalAttention)(channels).heads == heads
