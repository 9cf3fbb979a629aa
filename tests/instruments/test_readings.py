"""What the instruments read off a block: numbers worked by hand, and sums that must come to its output."""

import math

import pytest
import torch
from torch import nn

from lga.attention import LocalGlobalAttention
from lga.instruments import find_blocks
from lga.instruments.blocks import contract, gated
from lga.instruments.readings import (
    alpha_state,
    attention_state,
    entropy_share,
    folded_kernel,
    gate_state,
    kernel_picture,
    path_maps,
    path_shares,
)
from tests.instruments.blocks import MAKERS, made

QUARTER = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75)) / math.log(2)  # of weights 1/4 and 3/4: 0.8113


def branch_maps(block, x):
    z = gated(block, x)
    return {kind: [contract(block, conv(z)) for conv in convs] for kind, convs in block.kinds().items()}


def test_entropy_of_known_weights():
    weights = torch.tensor([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]])
    assert entropy_share(weights, dim=1).tolist() == pytest.approx([QUARTER, 1, 0], abs=1e-6)
    assert pytest.approx(0.8113, abs=1e-4) == QUARTER
    assert entropy_share(torch.ones(3, 1), dim=1) is None


def test_gate_of_known_logits():
    """Image 0 has logits 0 and ln 3 everywhere, so weights 1/4 and 3/4; image 1 has equal ones."""
    logits = torch.zeros(2, 2, 3, 3)
    logits[0, 1] = math.log(3)
    state = gate_state(logits.softmax(dim=1))
    assert state.weights == pytest.approx([(0.25 + 0.5) / 2, (0.75 + 0.5) / 2])
    assert state.entropy == pytest.approx((QUARTER + 1) / 2)
    assert state.spread == pytest.approx(
        (1 - QUARTER) / 2
    )  # two values lie half their distance from their mean


def test_attention_of_known_energies():
    """d = 2 and N = 1: energies q k^T / sqrt(2). Keys (0, sqrt(2) ln 3) and queries 1 give weights 1/4 and
    3/4; keys of zero give equal ones."""
    q = torch.ones(2, 1, 2, 1)
    k = torch.zeros(2, 1, 2, 1)
    k[0, 0, 1, 0] = math.sqrt(2) * math.log(3)
    state = attention_state(q, k)
    assert state.entropy == pytest.approx((QUARTER + 1) / 2)
    assert state.variance == pytest.approx(((1 - QUARTER) / 2) ** 2)
    assert attention_state(torch.ones(1, 3, 1, 4), torch.ones(1, 3, 1, 4)) is None


@pytest.mark.parametrize(
    ("local", "other", "share", "entropy"),
    [(0.5, 0.5, 0.5, 1.0), (0.1, 0.3, 0.25, QUARTER), (-0.1, 0.3, None, None), (0.0, 0.3, None, None)],
)
def test_alpha_of_known_values(local, other, share, entropy):
    block = LocalGlobalAttention(24, 6)
    with torch.no_grad():
        block.learnable_alpha_local.fill_(local)
        block.learnable_alpha_global.fill_(other)
    state = alpha_state(block)
    assert state.values["local"].mean == pytest.approx(local)
    assert state.values["global"].most == pytest.approx(other)
    assert (state.local_share, state.entropy) == (
        pytest.approx(share, abs=1e-6),
        pytest.approx(entropy, abs=1e-6),
    )


def test_alpha_of_every_channel_has_its_range():
    block = made("varied")
    with torch.no_grad():
        block.learnable_alpha_local.copy_(torch.arange(24.0))
    values = alpha_state(block).values["local"]
    assert (values.mean, values.least, values.most) == (11.5, 0, 23)


@pytest.mark.parametrize("size", [(5, 5), (13, 8)])
@pytest.mark.parametrize("name", MAKERS)
@torch.no_grad()
def test_the_paths_sum_to_the_output(name, size):
    """The step by step view is another computation than the blocks' own, so it is held against them."""
    block, x = made(name), torch.randn(3, 24, *size)
    paths = path_maps(block, x, branch_maps(block, x))
    summed = sum(paths.values()) + block.out_conv.bias[:, None, None]
    assert (summed - block(x)).abs().max() < 2e-6 * block(x).abs().max()
    shares = path_shares(block, x, branch_maps(block, x))
    assert sum(shares.values()) == pytest.approx(1, abs=1e-6)
    assert set(shares) == {*block.kinds(), "identity"}


@torch.no_grad()
def test_path_shares_of_a_toy_block():
    """The output convolution is the identity, local branches have the mean x, the global one is -x, alphas
    are 3 and 1: out = 3x - x + 4x = 6x, of which the paths are 3/6, -1/6 and 4/6."""
    block, x = LocalGlobalAttention(4, 4), torch.randn(2, 4, 3, 3)
    block.out_conv.weight.copy_(torch.eye(4)[:, :, None, None])
    block.learnable_alpha_local.fill_(3)
    block.learnable_alpha_global.fill_(1)
    shares = path_shares(block, x, {"local": [2 * x, x, 0 * x], "global": [-x]})
    assert shares == pytest.approx({"local": 3 / 6, "global": -1 / 6, "identity": 4 / 6})


@torch.no_grad()
def test_paths_of_silenced_branches_explain_nothing():
    block, x = made("lga"), torch.randn(2, 24, 6, 6)
    for branch in block.branches():
        branch.pointwise.weight.zero_()
        branch.pointwise.bias.zero_()
    shares = path_shares(block, x, branch_maps(block, x))
    assert shares == pytest.approx({"local": 0, "global": 0, "identity": 1})
    block.out_conv.weight.zero_()
    assert path_shares(block, x, branch_maps(block, x)) is None


@torch.no_grad()
def test_the_kernel_of_known_weights():
    """One head of one channel: a 3x3 of ones times value weight 2 times alpha_local/3 = 1, all else 0."""
    block = LocalGlobalAttention(1, 1)
    for branch in block.branches():
        branch.depthwise.weight.zero_()
        branch.pointwise.weight.fill_(-2)
    block.branches()[0].depthwise.weight.fill_(1)
    block.learnable_alpha_local.fill_(3)
    kernel = folded_kernel(block)
    expected = torch.zeros(11, 11)
    expected[4:7, 4:7] = 2
    assert torch.equal(kernel, expected)


@torch.no_grad()
def test_the_kernel_has_no_rows_that_no_head_reads():
    """With 4 heads the first two slots of the groups read are key rows: noise in them changes no picture."""
    block = made("lga_four_heads")
    before = folded_kernel(block)
    for branch in block.branches():
        branch.pointwise.weight[: 2 * 24] += torch.randn(48, 6, 1, 1)
    assert torch.equal(folded_kernel(block), before)


def test_the_picture_of_the_block_as_written_is_the_gradient_of_its_centre():
    """Silent branches, alphas 1.5 and 0.5, output convolution the identity: out = 2x, 2 for each channel."""
    block, x = made("lga_as_written"), torch.randn(2, 24, 5, 4)
    with torch.no_grad():
        for branch in block.branches():
            branch.pointwise.weight.zero_()
        block.learnable_alpha_local.fill_(1.5)
        block.learnable_alpha_global.fill_(0.5)
        block.out_conv.weight.copy_(torch.eye(24)[:, :, None, None])
        kind, picture = kernel_picture(block, x)
    expected = torch.zeros(11, 11)
    expected[5, 5] = 2
    assert kind == "gradient"
    assert all(parameter.grad is None for parameter in block.parameters())
    assert torch.allclose(picture, expected)


def test_blocks_are_found_with_their_frozen_copies():
    model = nn.ModuleDict({"net": nn.Sequential(made("lga"), made("varied"), nn.Conv2d(1, 1, 1))})
    model["average"] = nn.Sequential(made("lga"), made("varied")).requires_grad_(False)
    found = find_blocks(model)
    assert [watched.name for watched in found] == ["net.0", "net.1"]
    assert [watched.copy for watched in found] == list(model["average"])
    assert find_blocks(nn.Conv2d(1, 1, 1)) == []
    (alone,) = find_blocks(made("lga").requires_grad_(False))
    assert alone.copy is None
