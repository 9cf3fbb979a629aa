"""Local-Global Attention as the paper writes it, https://arxiv.org/abs/2411.09604.

Same parameters as the released block (see local_global.py), another function: attention weights multiply the
values they belong to, and each head's queries, keys and values come from the head's own group of channels.

Open in the text, and taken from the released block: the attention of a head runs over its channels, the local
branches are averaged, and every branch adds the block's input.

Shapes: B batch, C channels, G heads, d = C/G channels of a head, H W map, N = H*W positions."""

import torch
from torch import Tensor
from torch.nn import functional as F

from lga.attention.local_global_parameters import LocalGlobalParameters, SeparableConv


class LocalGlobalAttentionAsWritten(LocalGlobalParameters):
    """Multi-scale gate, position, then channel attention in local and global branches."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, H, W) to the same shape."""
        z = self._gate_scales(x)
        z = z + F.interpolate(self.position_encoding, size=x.shape[-2:], mode="nearest")
        mixed = self.residual_weight() * x
        for branch, weight in zip(self.branches(), self.branch_weights(), strict=True):
            mixed = mixed + weight * self._attend(branch, z)
        out: Tensor = self.out_conv(mixed)
        return out

    def _gate_scales(self, x: Tensor) -> Tensor:
        """Sums x and its three scales, each weighted by its gate at every position."""
        size = x.shape[-2:]
        maps = [x] + [F.interpolate(scale(x), size=size, mode="nearest") + x for scale in self.scales()]
        gates = self.scale_attention(x).split(1, dim=1)
        return torch.stack([gate * scaled for gate, scaled in zip(gates, maps, strict=True)]).sum(dim=0)

    def _attend(self, branch: SeparableConv, z: Tensor) -> Tensor:
        """Attention between the channels of each head: softmax(q k^T / sqrt(d)) v."""
        B, C, H, W = z.shape
        qkv_BGcN = branch(z).view(B, self.heads, 3 * C // self.heads, H * W)
        q_BGdN, k_BGdN, v_BGdN = qkv_BGcN.chunk(3, dim=2)
        logits_BGdd = q_BGdN @ k_BGdN.transpose(2, 3) / (C // self.heads) ** 0.5
        attended_BGdN: Tensor = logits_BGdd.softmax(dim=-1) @ v_BGdN
        return attended_BGdN.view(B, C, H, W)
