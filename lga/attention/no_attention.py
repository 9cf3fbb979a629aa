"""No attention: the slot filled with the identity, so that all networks have the same module names.

Shapes: B batch, C channels, H W map."""

from torch import Tensor, nn


class NoAttention(nn.Module):
    """Returns its input; no parameters."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to itself."""
        return x
