"""Efficient Channel Attention (Wang et al., 2020), https://arxiv.org/abs/1910.03151, equation (9).

Deviation, as released with Local-Global Attention: the kernel size is fixed
(3) and does not grow with C (equation (12)).

Shapes: B batch, C channels, H W map."""

from torch import Tensor, nn

from lga.system.errors import UserError


class EfficientChannelAttention(nn.Module):
    """Scales each channel by a gate computed from the means of its ``kernel_size`` neighbours."""

    def __init__(self, channels: int, kernel_size: int = 3) -> None:
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise UserError(f"kernel_size={kernel_size} has no centre; set an odd one")
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.conv = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        gate: Tensor = self.conv(self.pool(x).flatten(1)[:, None, :])
        return x * gate.sigmoid()[:, 0, :, None, None].to(x.dtype)
