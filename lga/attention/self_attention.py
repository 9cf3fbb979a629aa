"""Multi-head self-attention (Vaswani et al., 2017), https://arxiv.org/abs/1706.03762, section 3.2.

As released with Local-Global Attention: over positions, 1x1 convolutions make queries, keys and values.
Deviations: logits are not divided by sqrt(d) (equation (1)), no output projection, no residual.

Shapes: B batch, C channels, G heads, d = C/G, H W map, N = H*W positions."""

from torch import Tensor, nn

from lga.attention.head_count import heads_of


class MultiHeadSelfAttention(nn.Module):
    """Every position attends to every position, in each head on its own."""

    def __init__(self, channels: int, heads: int | None = 4) -> None:
        super().__init__()
        self.heads = heads_of(channels, heads)
        self.query = nn.Conv2d(channels, channels, 1)
        self.key = nn.Conv2d(channels, channels, 1)
        self.value = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        B, C, H, W = x.shape
        q_BGdN, k_BGdN, v_BGdN = (
            project(x).view(B, self.heads, C // self.heads, H * W)
            for project in (self.query, self.key, self.value)
        )
        attention_BGNN = (q_BGdN.transpose(2, 3) @ k_BGdN).softmax(dim=-1)
        attended_BGdN: Tensor = v_BGdN @ attention_BGNN.transpose(2, 3)
        return attended_BGdN.view(B, C, H, W)
