"""The released block's collapse against the literal form: outputs, gradients; queries and keys do nothing."""

import pytest
import torch

from lga.attention import LocalGlobalAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention

SIZES = [(1, 1), (1, 7), (5, 3), (13, 17), (20, 20)]
WIDTHS = [(24, 6), (24, 12), (12, 1), (12, 2), (128, 8)]
BRANCHES = ["both", "local", "global"]


def pair(channels, heads, branches="both", dtype=torch.float64):
    torch.manual_seed(0)
    literal = LiteralLocalGlobalAttention(channels, heads, branches).to(dtype)
    block = LocalGlobalAttention(channels, heads, branches=branches).to(dtype)
    block.load_state_dict(literal.state_dict())
    return literal, block


def relative_error(value, expected):
    return ((value - expected).abs().max() / expected.abs().max()).item()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("branches", BRANCHES)
@pytest.mark.parametrize(("channels", "heads"), WIDTHS)
def test_collapse_equals_literal_form_in_double_precision(channels, heads, branches, size, training):
    literal, block = pair(channels, heads, branches)
    block.train(training)
    x = torch.randn(2, channels, *size, dtype=torch.float64, requires_grad=True)
    x_literal = x.detach().clone().requires_grad_()
    upstream = torch.randn_like(x)
    y, expected = block(x), literal(x_literal)
    y.backward(upstream)
    expected.backward(upstream)
    assert relative_error(y, expected) < 1e-12
    assert relative_error(x.grad, x_literal.grad) < 1e-12
    with torch.no_grad():
        assert relative_error(block(x), expected) < 1e-12
    for (name, parameter), reference in zip(block.named_parameters(), literal.parameters(), strict=True):
        error = (parameter.grad - reference.grad).abs().max()
        assert error < 1e-11 * max(1, reference.grad.abs().max()), name


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("channels", "heads"), [(24, 6), (128, 8), (256, 16)])
def test_single_precision_keeps_five_digits_of_the_largest_value(channels, heads, training):
    literal, block = pair(channels, heads, dtype=torch.float32)
    block.train(training)
    x = torch.randn(2, channels, 20, 20)
    upstream = torch.randn_like(x)
    y, expected = block(x), literal(x)
    y.backward(upstream)
    expected.backward(upstream)
    assert relative_error(y, expected) < 1e-5
    for (name, parameter), reference in zip(block.named_parameters(), literal.parameters(), strict=True):
        # Queries and keys: zero by algebra, rounding noise of about 1e-5 in the literal form.
        error = (parameter.grad - reference.grad).abs().max()
        assert error < 1e-5 * max(1, reference.grad.abs().max()), name


@pytest.mark.parametrize("training", [True, False])
def test_queries_and_keys_get_exactly_zero_gradient_and_have_no_effect(training):
    _, block = pair(24, 6, dtype=torch.float32)
    block.train(training)
    x = torch.randn(2, 24, 9, 11)
    y = block(x)
    y.square().sum().backward()
    queries_and_keys = slice(0, 2 * 24)
    pointwise = [branch[1] for branch in (*block.local_convs, block.global_conv)]
    for conv in pointwise:
        assert not conv.weight.grad[queries_and_keys].any()
        assert not conv.bias.grad[queries_and_keys].any()
        assert conv.weight.grad[2 * 24 :].all()
        with torch.no_grad():
            conv.weight[queries_and_keys].normal_(std=100)
    assert torch.equal(block(x), y)


def test_state_dict_names_are_the_released_ones():
    literal = LiteralLocalGlobalAttention(24, 6).state_dict()
    ours = LocalGlobalAttention(24, 6).state_dict()
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in literal.items()}


def test_gradients_pass_a_numerical_check():
    torch.manual_seed(0)
    block = LocalGlobalAttention(6, 2).double()
    x = torch.randn(1, 6, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(block, x)
