"""Attention blocks, one mechanism a file: (B, C, H, W) to (B, C, H, W)."""

from lga.attention.cbam import CBAM
from lga.attention.efficient_channel import EfficientChannelAttention
from lga.attention.local_global import LocalGlobalAttention
from lga.attention.local_global_as_written import LocalGlobalAttentionAsWritten
from lga.attention.no_attention import NoAttention
from lga.attention.self_attention import MultiHeadSelfAttention
from lga.attention.shuffle import ShuffleAttention
from lga.attention.squeeze_excite import SqueezeExcite

__all__ = [
    "CBAM",
    "EfficientChannelAttention",
    "LocalGlobalAttention",
    "LocalGlobalAttentionAsWritten",
    "MultiHeadSelfAttention",
    "NoAttention",
    "ShuffleAttention",
    "SqueezeExcite",
]
