"""An attention block of one's own; docs/your_block.md says how it is used."""

from torch import Tensor, nn


class MeanGate(nn.Module):
    """Scales each channel by a gate of its own mean."""

    def __init__(self, channels: int, kernel_size: int = 1) -> None:
        super().__init__()
        self.gate = nn.Conv2d(channels, channels, kernel_size, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return the map with each channel scaled."""
        return x * self.gate(x.mean((2, 3), keepdim=True)).sigmoid()
