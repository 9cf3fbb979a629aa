"""Squeeze-and-Excitation (Hu et al., 2018), https://arxiv.org/abs/1709.01507, equations (2)-(4).

Deviations: none; the two linear layers have no bias, as in the original code.

Shapes: B batch, C channels, R the reduction, H W map."""

from torch import Tensor, nn

from lga.system.errors import UserError


class SqueezeExcite(nn.Module):
    """Scales each channel by a gate computed from all channel means, C -> C//R -> C."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise UserError(f"reduction={reduction} leaves no channel of {channels}; set 1 to {channels}")
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // reduction, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(channels // reduction, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        gate: Tensor = self.fc(self.pool(x).flatten(1))
        return x * gate[:, :, None, None].to(x.dtype)
