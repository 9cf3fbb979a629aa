"""Shuffle Attention, SA-Net (Zhang and Yang, 2021), https://arxiv.org/abs/2102.00240, equations (1)-(5).

Deviations: none where the groups cut evenly in halves. At C = 24 (8 groups of 3) the channel gate takes 2
channels of a group and its single weight serves both, as released with Local-Global Attention.

Shapes: B batch, C channels, G groups, c channels of a group, H W map."""

import torch
from torch import Tensor, nn

from lga.system.errors import UserError


class ShuffleAttention(nn.Module):
    """Half of each group is gated by channel means, half by its normalised map; then a shuffle by 2."""

    def __init__(self, channels: int, groups: int = 8) -> None:
        super().__init__()
        gated = channels // (2 * groups) if groups >= 1 else 0
        even = gated > 0 and channels == 2 * groups * gated
        if not even and (gated != 1 or channels != 3 * groups):
            raise UserError(
                f"groups={groups} does not cut {channels} channels into halves; "
                f"set channels to a multiple of {2 * groups}, or to {3 * groups}"
            )
        self.groups = groups
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.cweight = nn.Parameter(torch.zeros(1, gated, 1, 1))
        self.cbias = nn.Parameter(torch.ones(1, gated, 1, 1))
        self.sweight = nn.Parameter(torch.zeros(1, gated, 1, 1))
        self.sbias = nn.Parameter(torch.ones(1, gated, 1, 1))
        self.gn = nn.GroupNorm(gated, gated)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        B, C, H, W = x.shape
        by_channel, by_position = x.reshape(B * self.groups, -1, H, W).chunk(2, dim=1)
        channel_gate = (self.cweight * self.pool(by_channel) + self.cbias).sigmoid()
        position_gate = (self.sweight * self.gn(by_position) + self.sbias).sigmoid()
        gated = torch.cat([by_channel * channel_gate, by_position * position_gate], dim=1)
        shuffled = gated.reshape(B, 2, C // 2, H, W).transpose(1, 2)
        return shuffled.reshape(B, C, H, W).to(x.dtype)
