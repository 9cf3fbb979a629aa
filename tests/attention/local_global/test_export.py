"""The form of Local-Global Attention that exports, against the literal released block."""

import pytest
import torch
from torch import nn

from lga.attention import LocalGlobalAttention, LocalGlobalAttentionAsWritten
from lga.attention.local_global.export import LocalGlobalConvolutions, exportable, make_exportable
from lga.attention.local_global.literal import LiteralLocalGlobalAttention

SIZES = [(1, 1), (5, 3), (7, 13), (20, 20)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("branches", ["both", "local", "global"])
@pytest.mark.parametrize(("channels", "heads"), [(24, 6), (24, 12), (24, 1), (24, 24), (128, 8)])
def test_the_convolutions_are_the_released_block(channels, heads, branches, size):
    """24 channels in 1, 6, 12 or 24 heads and 128 in 8: all remainders of two thirds of the heads."""
    torch.manual_seed(0)
    block = LocalGlobalAttention(channels, heads, branches).eval()
    literal = LiteralLocalGlobalAttention(channels, heads, branches).eval()
    literal.load_state_dict(block.state_dict())
    x = torch.randn(2, channels, *size)
    with torch.no_grad():
        expected = literal(x)
        error = (exportable(block, size)(x) - expected).abs().max()
    assert error < 1e-5 * expected.abs().max()


@pytest.mark.parametrize("size", SIZES)
def test_the_block_as_written_keeps_its_numbers_with_a_resized_position(size):
    torch.manual_seed(0)
    block = LocalGlobalAttentionAsWritten(24, 6).eval()
    x = torch.randn(2, 24, *size)
    form = exportable(block, size)
    assert form.position_encoding.shape == (1, 24, *size)
    assert block.position_encoding.shape == (1, 24, 14, 14)
    with torch.no_grad():
        assert torch.equal(form(x), block(x))


def test_every_block_of_a_network_is_replaced_for_the_size_of_its_maps():
    blocks = LocalGlobalAttention(24, 6), LocalGlobalAttentionAsWritten(24, 6), nn.ReLU()
    network = nn.Sequential(blocks[0], nn.MaxPool2d(2), nn.Sequential(*blocks[1:])).eval()
    x = torch.randn(1, 24, 10, 6)
    with torch.no_grad():
        expected = network(x)
        make_exportable(network, x)
        torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-5)
    assert isinstance(network[0], LocalGlobalConvolutions)
    assert network[0].size == (10, 6)
    assert network[2][0].position_encoding.shape == (1, 24, 5, 3)
    assert not any(module._forward_pre_hooks for module in network.modules())
    assert not any(block._forward_pre_hooks for block in blocks)
