"""Attention blocks, one mechanism a file: (B, C, H, W) to (B, C, H, W). As a library they need torch alone.

    >>> import torch
    >>> from lga.attention import LocalGlobalAttention
    >>> backbone = torch.nn.Conv2d(3, 128, kernel_size=16, stride=16)
    >>> block = LocalGlobalAttention(channels=128)  # 8 heads; heads=4 or another divisor sets them
    >>> model = torch.nn.Sequential(backbone, block, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    >>> images = torch.randn(2, 3, 64, 96)  # (B, 3, H, W); the block takes maps from 1 x 1 on
    >>> backbone(images).shape, block(backbone(images)).shape
    (torch.Size([2, 128, 4, 6]), torch.Size([2, 128, 4, 6]))
    >>> model(images).sum().backward()
    >>> with torch.no_grad():  # in evaluation without gradients the constants are folded once
    ...     features = model.eval()(images)

Settings are keywords; a bad one, or a map that does not fit, raises UserError (a ValueError). For the
Local-Global blocks, as tested:

- float64, float32, bfloat16, float16 and autocast. Any memory format comes in; a contiguous map comes out of
  the released contraction, and the input's format out of the one as written.
- `state_dict` keys are the released ones; `copy.deepcopy` and pickles carry no folded constants.
- `torch.compile(block, fullgraph=True)` and `torch.export` trace them whole, for one size of maps.
- No value is read back to the host, in training and in evaluation; the constants of a map's size are made at
  its first call, which has to come before a CUDA graph is captured.
- For ONNX, `local_global.export.exportable(block, size)` gives plain convolutions with any batch.
- That form in 8 bits on ONNX Runtime, fresh weights and normal 20x20 maps, off by (root mean square) 1.6, 2.5
  and 3.1 % at C = 24, 128, 256 quantised dynamically, 2.3, 2.9 and 3.3 % statically with a scale a channel;
  `LocalGlobalAttentionAsWritten` 1.2 % and 2.9 % at most. Choose unsigned weights and activations (QUInt8):
  with signed ones, the default of `quantize_static`, products saturate on x86-64 processors without VNNI, and
  the error is up to 9 % and 16 %. FX quantisation of `torch.ao` traces the released block alone: 3.5, 4.0 and
  4.1 %, with single values off by 6, 19 and 16 % of the largest.
"""

from lga.attention.capacity_control import CapacityControl
from lga.attention.cbam import CBAM
from lga.attention.efficient_channel import EfficientChannelAttention
from lga.attention.local_global.block import (
    LocalGlobalAttention,
    LocalGlobalAttentionAsWritten,
    LocalGlobalVariant,
)
from lga.attention.no_attention import NoAttention
from lga.attention.self_attention import MultiHeadSelfAttention
from lga.attention.shuffle import ShuffleAttention
from lga.attention.squeeze_excite import SqueezeExcite

__all__ = [
    "CBAM",
    "CapacityControl",
    "EfficientChannelAttention",
    "LocalGlobalAttention",
    "LocalGlobalAttentionAsWritten",
    "LocalGlobalVariant",
    "MultiHeadSelfAttention",
    "NoAttention",
    "ShuffleAttention",
    "SqueezeExcite",
]
