"""Attention between the channels of each head, as the text of https://arxiv.org/abs/2411.09604 has it.

Shapes: B batch, C channels, G heads, d = C/G channels of a head, H W map, N = H*W positions."""

from torch import Tensor


def channel_attention(qkv: Tensor, heads: int) -> Tensor:
    """softmax(q k^T / sqrt(d)) v: (B, 3C, H, W), each head's q, k and v in turn, to (B, C, H, W)."""
    B, C3, H, W = qkv.shape
    d = C3 // (3 * heads)
    q_BGdN, k_BGdN, v_BGdN = qkv.reshape(B, heads, 3 * d, H * W).chunk(3, dim=2)
    weights_BGdd = (q_BGdN @ k_BGdN.transpose(2, 3) / d**0.5).softmax(dim=-1)
    attended_BGdN: Tensor = weights_BGdd @ v_BGdN
    return attended_BGdN.view(B, C3 // 3, H, W)
