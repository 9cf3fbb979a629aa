"""CBAM (Woo et al., 2018), https://arxiv.org/abs/1807.06521, as released with Local-Global Attention.

Deviations from the CBAM paper, kept because the published rows were made with them: the channel gate has
one 1x1 convolution C -> C with bias on the average pool (equation (2) has a bottleneck, and a max pool beside
it). The spatial gate is equation (3), its convolution without bias.

Shapes: B batch, C channels, H W map."""

import torch
from torch import Tensor, nn

from lga.system.errors import UserError


class ChannelGate(nn.Module):
    """Scales each channel by a gate computed from all channel means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        gate: Tensor = self.fc(self.pool(x))
        return x * gate.sigmoid().to(x.dtype)


class SpatialGate(nn.Module):
    """Scales each position by a gate computed from the mean and the maximum over the channels."""

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise UserError(f"kernel_size={kernel_size} has no centre; set an odd one")
        self.cv1 = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        pooled = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        gate: Tensor = self.cv1(pooled)
        return x * gate.sigmoid().to(x.dtype)


class CBAM(nn.Module):
    """The channel gate, then the spatial gate."""

    def __init__(self, channels: int, kernel_size: int = 7) -> None:
        super().__init__()
        self.channel_attention = ChannelGate(channels)
        self.spatial_attention = SpatialGate(kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        gated: Tensor = self.spatial_attention(self.channel_attention(x))
        return gated
