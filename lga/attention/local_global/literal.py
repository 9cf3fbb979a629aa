"""The released Local-Global Attention, literally: four branches, energies, softmaxes; slow, chosen by no one.

It follows the released block of arXiv 2411.09604 step by step and uses nothing of the block, which is
held against it: in the tests, in the benchmark, and in the findings on queries, keys and values. Its
parameters have the released names, so one state dict serves both.

Axes: B batch, C channels, H W map, g heads, q k v channels of a head (C/G each), n = H*W.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention.local_global.settings import Branches


class LiteralLocalGlobalAttention(nn.Module):
    """The released block; ``branches`` ("both", "local", "global") as in `LocalGlobalAttention`."""

    def __init__(self, channels: int, heads: int, branches: Branches = "both") -> None:
        super().__init__()
        self.heads = heads
        self.branches = branches
        self.multi_scale_convs = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, channels, 3, stride=2**i, padding=1, groups=channels),
                nn.Conv2d(channels, channels, 1),
            )
            for i in range(3)
        )
        self.scale_attention = nn.Sequential(nn.Conv2d(channels, 4, 1), nn.Softmax(dim=1))
        self.energy_softmax = nn.Softmax(dim=-1)  # a module, as the published operation counts have it
        self.position_encoding = nn.Parameter(torch.randn(1, channels, 14, 14))
        if branches != "global":
            self.local_convs = nn.ModuleList(self._branch(channels, k) for k in (3, 5, 7))
            self.learnable_alpha_local = nn.Parameter(torch.tensor(0.5))
        if branches != "local":
            self.global_conv = self._branch(channels, 11)
            self.learnable_alpha_global = nn.Parameter(torch.tensor(0.5))
        self.out_conv = nn.Conv2d(channels, channels, 1)

    def _branch(self, channels: int, kernel: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels),
            nn.Conv2d(channels, 3 * channels, 1, groups=self.heads),
        )

    def attend(self, branch: nn.Module, z: Tensor) -> Tensor:
        """Return one branch's attention on z (B, C, H, W), of the same shape."""
        B, C, H, W = z.shape
        q, k, v = (t.reshape(B, self.heads, C // self.heads, H * W) for t in branch(z).chunk(3, dim=1))
        energy = torch.einsum("bgqn,bgkn->bgqk", q, k) / (C // self.heads) ** 0.5
        attention = self.energy_softmax(energy)
        # The released contraction: attention and value are summed over different indices.
        return torch.einsum("bgqk,bgvn->bgqn", attention, v).reshape(B, C, H, W)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        size = x.shape[-2:]
        maps = [x] + [
            F.interpolate(conv(x), size=size, mode="nearest") + x for conv in self.multi_scale_convs
        ]
        gate = self.scale_attention(x)
        z = torch.stack([m * gate[:, i : i + 1] for i, m in enumerate(maps)]).sum(0)
        z = z + F.interpolate(self.position_encoding, size=size, mode="nearest")
        out = torch.zeros_like(x)
        if self.branches != "global":
            local = torch.stack([self.attend(branch, z) + x for branch in self.local_convs]).mean(0)
            out = out + self.learnable_alpha_local * local
        if self.branches != "local":
            out = out + self.learnable_alpha_global * (self.attend(self.global_conv, z) + x)
        mixed: Tensor = self.out_conv(out)
        return mixed
