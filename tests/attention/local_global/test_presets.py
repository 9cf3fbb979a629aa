"""The block as written against the text restated in einsum, and its difference from the released block."""

import torch
from torch.nn import functional as F

from lga.attention import LocalGlobalAttention, LocalGlobalAttentionAsWritten


def restated(block, x, heads):
    """out[q] = sum_k softmax(q k^T / sqrt(d))[q, k] v[k] in every head; scales and position as released."""
    B, C, H, W = x.shape
    gate = F.conv2d(x, block.scale_attention[0].weight, block.scale_attention[0].bias).softmax(1)
    z = gate[:, :1] * x + F.interpolate(block.position_encoding, size=(H, W))
    for i, scale in enumerate(block.multi_scale_convs):
        z = z + gate[:, i + 1 : i + 2] * (F.interpolate(scale(x), size=(H, W)) + x)

    def attend(branch):
        heads_of_z = branch(z).reshape(B, heads, 3, C // heads, H * W)
        q, k, v = heads_of_z.unbind(2)
        weights = (torch.einsum("bgqn,bgkn->bgqk", q, k) / (C // heads) ** 0.5).softmax(-1)
        return torch.einsum("bgqk,bgkn->bgqn", weights, v).reshape(B, C, H, W) + x

    local = (attend(block.local_convs[0]) + attend(block.local_convs[1]) + attend(block.local_convs[2])) / 3
    mixed = block.learnable_alpha_local * local + block.learnable_alpha_global * attend(block.global_conv)
    return block.out_conv(mixed)


def test_equals_the_restated_text():
    torch.manual_seed(0)
    block = LocalGlobalAttentionAsWritten(24, 6).double()
    with torch.no_grad():
        block.learnable_alpha_local.fill_(0.3)
    x = torch.randn(2, 24, 13, 7, dtype=torch.float64)
    torch.testing.assert_close(block(x), restated(block, x, 6), rtol=1e-10, atol=1e-10)


def test_queries_have_an_effect_unlike_in_the_released_block():
    torch.manual_seed(0)
    written, released = LocalGlobalAttentionAsWritten(24, 6), LocalGlobalAttention(24, 6)
    released.load_state_dict(written.state_dict())
    x = torch.randn(2, 24, 8, 8)
    assert not torch.allclose(written(x), released(x), rtol=1e-2)
    written(x).square().sum().backward()
    queries = written.global_conv[1].weight.grad.view(6, 3, 4, 4)[:, 0]
    assert (queries.abs() > 0).any(dim=(1, 2)).all()
