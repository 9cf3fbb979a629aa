"""The widened `none` against the counts it is made to match."""

import pytest
import torch

from lga.attention import CapacityControl, LocalGlobalAttention


def _count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("channels", "heads", "hidden"), [(24, 12, 281), (24, 6, 293), (128, 8, None)])
def test_it_has_the_parameters_of_the_block_to_half_a_channel(channels, heads, hidden):
    """At 24 channels and 12 heads the LGA block has 13,782: hidden = (13,782 - 24) / 49 = 280.8, so 281."""
    control, block = CapacityControl(channels, heads), LocalGlobalAttention(channels, heads)
    assert abs(_count(control) - _count(block)) <= channels + 0.5
    if hidden is not None:
        assert control.expand.out_channels == hidden


def test_it_is_the_identity_where_its_second_convolution_is_zero():
    control = CapacityControl(24, 6)
    torch.nn.init.zeros_(control.project.weight)
    torch.nn.init.zeros_(control.project.bias)
    x = torch.randn(2, 24, 5, 3)
    assert torch.equal(control(x), x)
