"""The parameters of Local-Global Attention (arXiv 2411.09604), named as in the released checkpoints.

The released block and the block as written have the same parameters and compute different things from them.

Shapes: B batch, C channels, G heads, d = C/G channels of a head, H W map."""

from typing import Literal, cast

import torch
from torch import Tensor, nn

from lga.attention.head_count import check_heads
from lga.system.errors import UserError

Branches = Literal["both", "local", "global"]

SCALE_STRIDES = (1, 2, 4)
LOCAL_KERNELS = (3, 5, 7)
GLOBAL_KERNEL = 11
POSITION_SIZE = 14


class SeparableConv(nn.Sequential):
    """A depthwise KxK convolution, then a 1x1 convolution in ``groups``; both with bias."""

    def __init__(
        self, channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(
            nn.Conv2d(channels, channels, kernel, stride=stride, padding=kernel // 2, groups=channels),
            nn.Conv2d(channels, out_channels, 1, groups=groups),
        )

    @property
    def depthwise(self) -> nn.Conv2d:
        """The KxK convolution."""
        return cast("nn.Conv2d", self[0])

    @property
    def pointwise(self) -> nn.Conv2d:
        """The 1x1 convolution."""
        return cast("nn.Conv2d", self[1])


class LocalGlobalParameters(nn.Module):
    """Multi-scale convolutions, scale gate, position, local and global branches, output convolution.

    ``branches`` leaves out the global branch ("local") or the local branches ("global") with their alpha.
    Raises UserError where ``heads`` do not divide ``channels``.
    """

    def __init__(self, channels: int, heads: int, branches: Branches = "both") -> None:
        super().__init__()
        check_heads("lga", channels, heads)
        if branches not in ("both", "local", "global"):
            raise UserError(f"attention 'lga': branches '{branches}' is unknown; set both, local or global")
        self.channels = channels
        self.heads = heads
        self.has_local = branches != "global"
        self.has_global = branches != "local"
        self.multi_scale_convs = nn.ModuleList(
            SeparableConv(channels, channels, 3, stride=stride) for stride in SCALE_STRIDES
        )
        self.scale_attention = nn.Sequential(
            nn.Conv2d(channels, 1 + len(SCALE_STRIDES), 1), nn.Softmax(dim=1)
        )
        self.position_encoding = nn.Parameter(torch.randn(1, channels, POSITION_SIZE, POSITION_SIZE))
        if self.has_local:
            self.local_convs = nn.ModuleList(
                SeparableConv(channels, 3 * channels, kernel, groups=heads) for kernel in LOCAL_KERNELS
            )
            self.learnable_alpha_local = nn.Parameter(torch.tensor(0.5))
        if self.has_global:
            self.global_conv = SeparableConv(channels, 3 * channels, GLOBAL_KERNEL, groups=heads)
            self.learnable_alpha_global = nn.Parameter(torch.tensor(0.5))
        self.out_conv = nn.Conv2d(channels, channels, 1)

    def scales(self) -> list[SeparableConv]:
        """The multi-scale convolutions, strides 1, 2 and 4."""
        return [cast("SeparableConv", conv) for conv in self.multi_scale_convs]

    def scale_gate(self) -> nn.Conv2d:
        """The 1x1 convolution to the logits of the gate: the map itself, then its scales."""
        return cast("nn.Conv2d", self.scale_attention[0])

    def branches(self) -> list[SeparableConv]:
        """The local branches, then the global one."""
        local = [cast("SeparableConv", conv) for conv in self.local_convs] if self.has_local else []
        return [*local, self.global_conv] if self.has_global else local

    def branch_weights(self) -> Tensor:
        """(branches,): a branch's weight in the output, alpha_local / 3 for a local one and alpha_global."""
        local = (
            [self.learnable_alpha_local / len(LOCAL_KERNELS)] * len(LOCAL_KERNELS) if self.has_local else []
        )
        return torch.stack([*local, self.learnable_alpha_global] if self.has_global else local)

    def residual_weight(self) -> Tensor:
        """The sum of the branch weights, because every branch adds the block's input to its output."""
        if self.has_local and self.has_global:
            return self.learnable_alpha_local + self.learnable_alpha_global
        return self.learnable_alpha_local if self.has_local else self.learnable_alpha_global
