"""Every setting of the variant against a literal form, alone and in pairs; the slot's contract in pairs."""

import copy
import itertools
import pickle

import pytest
import torch

from lga.attention import LocalGlobalAttention, LocalGlobalAttentionAsWritten, LocalGlobalVariant
from lga.attention.local_global.literal import LiteralLocalGlobalAttention
from lga.system.errors import UserError
from tests.attention.local_global.variant_literal import literal_variant

SETTINGS = {
    "local_kernels": [(3, 5, 7), (5,), (3, 9), (1, 3, 5, 7), ()],
    "global_kernel": [11, 5, None],
    "scales": [3, 0, 1, 5],
    "position": ["learned_nearest", "learned_bilinear", "sinusoidal", "none"],
    "alpha": ["learned", "per_channel", "frozen", "softmax"],
    "alpha_local": [0.5, 0.25],
    "alpha_global": [0.5, 0.75],
    "contraction": ["released", "as_written"],
    "residual": [False, True],
    "heads": [6, 1, 4, 12, 24],
}
DEFAULTS = {"heads": 6}


def possible(settings):
    """A softmax needs two kinds of branches and shares that add up to 1, and some branch must be there."""
    complete = {key: values[0] for key, values in SETTINGS.items()} | settings
    kinds = bool(complete["local_kernels"]) + (complete["global_kernel"] is not None)
    if complete["alpha"] != "softmax":
        return kinds > 0
    return kinds == 2 and complete["alpha_local"] + complete["alpha_global"] == 1


SINGLES = [DEFAULTS | {key: value} for key, values in SETTINGS.items() for value in values]
PAIRS = [
    DEFAULTS | {a: x, b: y}
    for a, b in itertools.combinations(SETTINGS, 2)
    for x, y in itertools.product(SETTINGS[a][1:], SETTINGS[b][1:])
]
POSSIBLE = [settings for settings in [*SINGLES, *PAIRS] if possible(settings)]


def name_of(settings):
    return ",".join(f"{key}={value}" for key, value in settings.items())


def made(channels=24, dtype=torch.float64, **settings):
    """A variant whose parameters are all drawn, so that no two of them are alike."""
    torch.manual_seed(0)
    block = LocalGlobalVariant(channels, **settings).to(dtype)
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            if "alpha" in name:
                parameter.add_(torch.rand_like(parameter) / 4)
    return block


def relative_error(value, expected):
    return ((value - expected).abs().max() / expected.abs().max()).item()


@pytest.mark.parametrize("settings", POSSIBLE, ids=name_of)
def test_equals_the_literal_form_and_keeps_the_contract(settings):
    """Training and evaluation, with and without gradients, and gradients of all parameters."""
    block = made(**settings)
    x = torch.randn(2, 24, 7, 9, dtype=torch.float64, requires_grad=True)
    state = {key: value.detach().clone().requires_grad_() for key, value in block.state_dict().items()}
    expected = literal_variant(state, x, **settings)
    (expected_grad,) = torch.autograd.grad(expected.square().sum(), x, retain_graph=True)
    expected.square().sum().backward(inputs=list(state.values()))
    y = block(x)
    (grad,) = torch.autograd.grad(y.square().sum(), x, retain_graph=True)
    y.square().sum().backward(inputs=list(block.parameters()))
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    assert relative_error(y, expected) < 1e-12
    assert relative_error(grad, expected_grad) < 1e-11
    for key, parameter in block.named_parameters():
        error = (parameter.grad - state[key].grad).abs().max()
        assert error < 1e-10 * max(1, state[key].grad.abs().max()), key
    block.eval()
    with torch.no_grad():
        assert relative_error(block(x), expected) < 1e-12


@pytest.mark.parametrize("settings", [s for s in SINGLES if possible(s)], ids=name_of)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (20, 20)])
def test_any_map_in_single_precision(settings, size):
    block = made(dtype=torch.float32, **settings)
    x = torch.randn(2, 24, *size)
    expected = literal_variant(block.state_dict(), x.double(), **settings)
    for training in (True, False):
        y = block.train(training)(x)
        assert y.dtype == torch.float32
        assert relative_error(y.double(), expected) < 1e-5


@pytest.mark.parametrize("block", [LocalGlobalVariant, LocalGlobalAttention, LocalGlobalAttentionAsWritten])
@pytest.mark.parametrize("heads", [6, 12])
def test_the_same_draw_gives_the_parameters_of_the_released_block(block, heads):
    """Under the same names and in the same order."""
    torch.manual_seed(0)
    expected = LiteralLocalGlobalAttention(24, heads).state_dict()
    torch.manual_seed(0)
    state = block(24, heads).state_dict()
    assert list(state) == list(expected)
    for key, value in expected.items():
        assert torch.equal(state[key], value), key


@pytest.mark.parametrize("contraction", ["released", "as_written"])
@pytest.mark.parametrize("shape", [(24, 8, 8), (2, 12, 8, 8), (2, 8, 8, 24), (1, 24, 2, 8, 8)])
@pytest.mark.parametrize("training", [True, False])
def test_a_map_that_does_not_fit_is_one_line(contraction, shape, training):
    block = LocalGlobalVariant(24, contraction=contraction).train(training)
    message = f"expected a (B, 24, H, W) map, got {shape}"
    with pytest.raises(UserError) as error:
        block(torch.randn(shape))
    assert str(error.value) == message


@pytest.mark.parametrize("settings", [s for s in SINGLES if possible(s)], ids=name_of)
def test_gradients_reach_what_has_an_effect_and_nothing_else(settings):
    """Released: queries, keys and scales of channels that no head reads get zero, and all else something."""
    block = made(dtype=torch.float32, **settings)
    block(torch.randn(2, 24, 9, 11)).square().sum().backward()
    released = block.settings.contraction == "released"
    for branch in block.branches():
        weight = branch[1].weight.grad
        assert bool(weight[: 2 * 24].any()) != released
        assert weight[2 * 24 :].any(dim=(1, 2, 3)).all()
    unread = 2 * block.heads // 3 * (24 // block.heads) if released else 0
    for scale in block.scales():
        assert not scale[1].weight.grad[:unread].any()
        assert scale[1].weight.grad[unread:].any(dim=(1, 2, 3)).all()
    for key, parameter in block.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.any(), key


def test_the_alphas_of_every_channel_get_different_gradients():
    block = LocalGlobalVariant(24, 6, alpha="per_channel")
    block(torch.randn(2, 24, 5, 5)).square().sum().backward()
    assert block.learnable_alpha_local.grad.unique().numel() == 24
    assert block.learnable_alpha_global.grad.unique().numel() == 24


def test_frozen_alphas_are_settings_and_not_weights():
    block = LocalGlobalVariant(24, 6, alpha="frozen", alpha_local=0.125, alpha_global=-2)
    assert block.alphas().flatten().tolist() == [0.125, -2]
    assert not [key for key in [*block.state_dict(), *dict(block.named_parameters())] if "alpha" in key]
    assert block.double().alphas().dtype == torch.float64
    with pytest.raises(RuntimeError, match="learnable_alpha_local"):
        block.load_state_dict(LocalGlobalAttention(24, 6).state_dict())


def test_alphas_tied_by_a_softmax_start_where_reported_and_add_up_to_one():
    block = LocalGlobalVariant(24, 6, alpha="softmax", alpha_local=0.2, alpha_global=0.8)
    torch.testing.assert_close(block.alphas(), torch.tensor([[0.2], [0.8]]))
    with torch.no_grad():
        block.alpha_logits.add_(torch.tensor([3.0, -1.0]))
    torch.testing.assert_close(block.alphas().sum(), torch.tensor(1.0))


def test_the_weights_of_branches_by_hand():
    """Two local branches share 0.6, and the global one has 0.1; x counts 0.6 + 0.1 times."""
    block = LocalGlobalVariant(24, 6, local_kernels=[3, 5], alpha_local=0.6, alpha_global=0.1)
    torch.testing.assert_close(block.branch_weights(), torch.tensor([[0.3], [0.3], [0.1]]))
    torch.testing.assert_close(block.residual_weight(), torch.tensor([0.7]))


def test_parameters_follow_the_settings():
    """C = 24, 6 heads: a scale has 24*10 + 24*25; the gate 25 for each; the position 24*14*14."""
    counts = {
        scales: sum(p.numel() for p in LocalGlobalVariant(24, 6, scales=scales).parameters())
        for scales in (0, 1, 2, 3)
    }
    assert counts[3] == 14_358
    assert counts[2] == counts[3] - (240 + 600) - 25
    assert counts[1] == counts[2] - (240 + 600) - 25
    assert counts[0] == counts[1] - (240 + 600) - 50
    for position in ("sinusoidal", "none"):
        block = LocalGlobalVariant(24, 6, position=position)
        assert sum(p.numel() for p in block.parameters()) == 14_358 - 24 * 14 * 14


def test_frozen_alphas_that_change_are_seen_in_evaluation():
    block = LocalGlobalVariant(24, 6, alpha="frozen").eval()
    x = torch.randn(1, 24, 6, 6)
    with torch.no_grad():
        before = block(x)
        block.learnable_alpha_global.fill_(0.0)
        expected = literal_variant(block.state_dict(), x.double(), 6, alpha="frozen", alpha_global=0.0)
        assert not torch.allclose(block(x), before, rtol=1e-2)
        assert relative_error(block(x).double(), expected) < 1e-5


@pytest.mark.parametrize("settings", [s for s in SINGLES if possible(s)], ids=name_of)
def test_copies_pickles_and_state_dicts_give_the_same_output(settings):
    block = made(dtype=torch.float32, **settings).eval()
    x = torch.randn(2, 24, 5, 9)
    with torch.no_grad():
        expected = block(x)
        other = LocalGlobalVariant(24, **settings).eval()
        other(x)
        other.load_state_dict(block.state_dict())
        for twin in (other, copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
            assert torch.equal(twin(x), expected)
