"""No attention but the parameters of one: a pointwise bottleneck in the slot, with as many as the LGA block.

What the Local-Global block gains over `none` may come of its parameters alone; held against this block, it
shows whether. No published row has it.

Shapes: B batch, C channels, H W map, hidden the width of the bottleneck."""

import torch
from torch import Tensor, nn

from lga.attention.local_global.block import LocalGlobalAttention


class CapacityControl(nn.Module):
    """x + W2 SiLU(W1 x), pointwise, C -> hidden -> C.

    ``heads`` are those of the LGA block whose parameters are counted; ``hidden`` brings the count as near to
    them as whole channels do, within C of it. Raises UserError where ``heads`` do not divide ``channels``.
    """

    def __init__(self, channels: int, heads: int | None = None) -> None:
        super().__init__()
        with torch.device("meta"):
            wanted = sum(p.numel() for p in LocalGlobalAttention(channels, heads).parameters())
        hidden = round((wanted - channels) / (2 * channels + 1))
        self.expand = nn.Conv2d(channels, hidden, 1)
        self.act = nn.SiLU(inplace=True)
        self.project = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        added: Tensor = self.project(self.act(self.expand(x)))
        return x + added
