"""Gradients of queries, keys and values: exactly zero where the released contraction kills them."""

import pytest
import torch

from lga.instruments.gradients import GradientSampler
from tests.instruments.blocks import MAKERS, made

RELEASED = ("lga", "lga_four_heads", "lga_local", "lga_global", "varied", "bare")


def sampled(name, scale=1.0):
    block = made(name)
    sampler = GradientSampler(block)
    (scale * block(torch.randn(2, 24, 6, 6)).square()).mean().backward()
    sampler.sample()
    return block, sampler


@pytest.mark.parametrize("name", MAKERS)
def test_queries_and_keys_are_dead_in_the_released_contraction_alone(name):
    """By the algebra of collapse.py; by hand it is checked for 24 channels in 6 heads below."""
    _, sampler = sampled(name)
    for norms in sampler.state().norms.values():
        assert norms["v"] > 0
        assert (norms["q"] == 0, norms["k"] == 0) == ((name in RELEASED),) * 2


def test_rows_are_cut_as_the_block_cuts_them():
    """Released: rows 0 to 23 are queries. As written, with 4 channels a head, 0 to 3, 12 to 15, ... are."""
    for name, queries in (("lga", torch.arange(24)), ("lga_as_written", torch.arange(72).view(6, 12)[:, :4])):
        block = made(name)
        sampler = GradientSampler(block)
        for branch in block.branches():
            branch.pointwise.weight.grad = torch.zeros_like(branch.pointwise.weight)
            branch.pointwise.bias.grad = torch.zeros_like(branch.pointwise.bias)
        conv = block.branches()[0].pointwise
        conv.weight.grad[queries.flatten()] = 3
        conv.bias.grad[queries.flatten()] = 4
        sampler.sample()
        norms = sampler.state().norms["local 3x3"]
        assert norms["q"] == pytest.approx((24 * (4 * 9 + 16)) ** 0.5)  # 24 rows of four weights and a bias
        assert (norms["k"], norms["v"]) == (0, 0)


def test_the_mean_over_samples_and_what_none_of_them_reached():
    block, sampler = sampled("lga")
    first = sampler.state()
    block.zero_grad()
    sampler.sample()
    second = sampler.state()
    assert second.samples == 2
    assert second.norms["global 11x11"]["v"] == pytest.approx(first.norms["global 11x11"]["v"] / 2)
    assert second.dead == first.dead  # reached once is reached
    assert second.dead_by_parameter["global_conv.1.weight"] == pytest.approx(
        2 / 3
    )  # rows of queries and keys
    assert second.dead_by_parameter["multi_scale_convs.0.1.bias"] == pytest.approx(2 / 3)  # channels not read
    assert "out_conv.weight" not in second.dead_by_parameter
    sampler.reset()
    assert sampler.state() is None


def test_tiny_gradients_are_not_zero():
    """Squares of 1e-30 are 0 in single precision."""
    _, sampler = sampled("lga_as_written", scale=1e-30)
    assert all(value > 0 for norms in sampler.state().norms.values() for value in norms.values())


def test_what_is_not_trained_is_not_called_dead():
    block = made("lga_as_written")
    block.global_conv.requires_grad_(False)
    sampler = GradientSampler(block)
    block(torch.randn(2, 24, 20, 20)).square().mean().backward()
    sampler.sample()
    state = sampler.state()
    assert list(state.norms) == ["local 3x3", "local 5x5", "local 7x7"]
    assert not any(name.startswith("global_conv") for name in state.dead_by_parameter)
    assert state.dead < 0.01  # a saturated softmax has a few
