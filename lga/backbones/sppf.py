"""SPPF, fast spatial pyramid pooling: a map beside itself pooled once, twice and three times.

Source: He et al. (2014), https://arxiv.org/abs/1406.4729, in the YOLO family's sequential form: three 5x5
pools in a row see 5x5, 9x9 and 13x13 windows.

Shapes: B batch, C channels, H W height and width of the map.
"""

import torch
from torch import Tensor, nn

from lga.backbones.author_names import Rules, unit_rules
from lga.backbones.conv_unit import ConvUnit


class SPPF(nn.Module):
    """Map (B, C, H, W) to the same shape, each place informed of its neighbourhood's maxima."""

    def __init__(self, channels: int, kernel: int = 5) -> None:
        super().__init__()
        self.reduce = ConvUnit(channels, channels // 2)
        self.pool = nn.MaxPool2d(kernel, stride=1, padding=kernel // 2)
        self.join = ConvUnit(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return the joined map."""
        pooled = [self.reduce(x)]
        for _ in range(3):
            pooled.append(self.pool(pooled[-1]))
        return self.join(torch.cat(pooled, 1))  # type: ignore[no-any-return]

    def author_rules(self, ours: str, author: str) -> Rules:
        """Return the rules of this block, `ours` in our naming and `author` in the author's."""
        return unit_rules(f"{ours}.reduce", f"{author}.cv1") | unit_rules(f"{ours}.join", f"{author}.cv2")
