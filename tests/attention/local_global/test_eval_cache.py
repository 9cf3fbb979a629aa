"""The constants that evaluation folds once: never stale, not stored, traceable; against the literal form."""

import copy
import pickle

import pytest
import torch

from lga.attention import LocalGlobalAttention
from lga.attention.local_global.collapse import collapse
from lga.attention.local_global.literal import LiteralLocalGlobalAttention

CHANNELS, HEADS = 24, 6


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.randn(2, CHANNELS, 9, 11)


@pytest.fixture
def block(x):
    """A block in evaluation whose constants are folded already."""
    block = LocalGlobalAttention(CHANNELS, HEADS).eval()
    with torch.no_grad():
        block(x)
    return block


@pytest.fixture
def folds(monkeypatch):
    """Counts the foldings."""
    calls = []
    monkeypatch.setattr(
        "lga.attention.local_global.block.collapse", lambda *args: calls.append(1) or collapse(*args)
    )
    return calls


def assert_fresh(block, x):
    """The block's evaluation output is the literal form's with the block's present parameters."""
    literal = LiteralLocalGlobalAttention(CHANNELS, HEADS).to(x.dtype)
    literal.load_state_dict(block.state_dict())
    with torch.no_grad():
        expected = literal(x)
        assert (block(x) - expected).abs().max() < 1e-5 * expected.abs().max()


def test_constants_are_folded_once(block, x, folds):
    with torch.no_grad():
        for _ in range(3):
            block(x)
    assert not folds
    block.train().eval()
    with torch.no_grad():
        for _ in range(3):
            block(x)
    assert len(folds) == 1


def test_another_map_size_has_its_own_constants(block, x):
    for width in (5, 11, 1):
        assert_fresh(block, x[..., :width])


def scale_in_place(block):
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.mul_(1.1)


def optimiser_step(block):
    optimiser = torch.optim.AdamW(block.parameters(), lr=0.1)
    for parameter in block.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()


def load_another_state(block):
    block.load_state_dict(LocalGlobalAttention(CHANNELS, HEADS).state_dict())


def assign_another_state(block):
    block.load_state_dict(LocalGlobalAttention(CHANNELS, HEADS).state_dict(), assign=True)


def replace_data(block):
    for parameter in block.parameters():
        parameter.data = parameter.data * 1.1


def replace_one_parameter(block):
    block.out_conv.weight = torch.nn.Parameter(torch.randn(CHANNELS, CHANNELS, 1, 1))


def write_through_data_between_modes(block):
    block.train()
    for parameter in block.parameters():
        parameter.data.mul_(1.1)
    block.eval()


@pytest.mark.parametrize(
    "change",
    [
        scale_in_place,
        optimiser_step,
        load_another_state,
        assign_another_state,
        replace_data,
        replace_one_parameter,
        write_through_data_between_modes,
    ],
)
def test_a_change_of_parameters_is_seen(block, x, change):
    with torch.no_grad():
        before = block(x)
    change(block)
    with torch.no_grad():
        assert not torch.allclose(block(x), before, rtol=1e-2)
    assert_fresh(block, x)


def test_each_single_parameter_is_watched(block, x):
    for name, parameter in block.named_parameters():
        with torch.no_grad():
            before = block(x)
            parameter[-1:].add_(1) if parameter.ndim else parameter.add_(1)
            assert not torch.equal(block(x), before), name
    assert_fresh(block, x)


def test_conversion_of_the_dtype_is_seen(block, x):
    block.double()
    assert_fresh(block, x.double())
    block.float()
    assert_fresh(block, x)


def test_copies_and_pickles_stand_alone(block, x):
    plain = len(pickle.dumps(LocalGlobalAttention(CHANNELS, HEADS)))
    assert abs(len(pickle.dumps(block)) - plain) < 100
    for twin in (copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
        scale_in_place(twin)
        assert_fresh(twin, x)
    assert_fresh(block, x)


def test_state_dict_holds_no_constants(block):
    assert block.state_dict().keys() == LocalGlobalAttention(CHANNELS, HEADS).state_dict().keys()


def test_gradients_flow_in_evaluation_mode_after_folding(block, x):
    literal = LiteralLocalGlobalAttention(CHANNELS, HEADS)
    literal.load_state_dict(block.state_dict())
    block(x).square().sum().backward()
    literal(x).square().sum().backward()
    for (name, ours), theirs in zip(block.named_parameters(), literal.parameters(), strict=True):
        assert (ours.grad - theirs.grad).abs().max() < 1e-5 * max(1, theirs.grad.abs().max()), name


def test_gradients_reach_the_input_of_a_frozen_block(block, x):
    block.requires_grad_(False)
    x.requires_grad_()
    block(x).sum().backward()
    assert x.grad.any()


def test_inference_mode_does_not_spoil_later_training(block, x):
    fresh = LocalGlobalAttention(CHANNELS, HEADS).eval()
    with torch.inference_mode():
        fresh(x)
    with torch.no_grad():
        fresh(x)
    fresh.train()(x).sum().backward()
    assert fresh.out_conv.weight.grad.any()


def test_a_block_made_in_inference_mode_runs(x):
    with torch.inference_mode():
        made = LocalGlobalAttention(CHANNELS, HEADS).eval()
        assert made(x).shape == x.shape


def test_exported_program_gives_the_same_numbers(block, x):
    with torch.no_grad():
        program = torch.export.export(block, (x,))
        torch.testing.assert_close(program.module()(x), block(x))


def test_constants_follow_a_replaced_submodule(block, x):
    block.out_conv = torch.nn.Conv2d(CHANNELS, CHANNELS, 1)
    assert_fresh(block, x)


def test_constants_follow_borrowed_parameters(block, x):
    other = LocalGlobalAttention(CHANNELS, HEADS).eval()
    with torch.no_grad():
        borrowed = torch.func.functional_call(block, other.state_dict(), (x,))
        assert (borrowed - other(x)).abs().max() < 1e-6
    assert_fresh(block, x)


def test_a_shallow_copy_with_its_own_parameters_has_its_own_constants(block, x):
    """What a replica on another device is: the attributes of the block, the cache too, and other weights."""
    replica = copy.copy(block)
    replica._parameters = dict(block._parameters)
    with torch.no_grad():
        replica.position_encoding = torch.nn.Parameter(block.position_encoding + 1)
    assert_fresh(block, x)
    assert_fresh(replica, x)
    assert_fresh(block, x)
