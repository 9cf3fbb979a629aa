"""Every block the configuration ships: contract, parameter counts, configuration files.

Parameter counts are those of the released models (published totals minus the network without attention).
"""

from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from lga.attention import (
    CBAM,
    EfficientChannelAttention,
    LocalGlobalAttention,
    MultiHeadSelfAttention,
    NoAttention,
    ShuffleAttention,
    SqueezeExcite,
)
from lga.system.errors import UserError

CONFIGS = Path(__file__).parents[2] / "conf" / "attention"
NAMES = (
    "cbam",
    "eca",
    "lga",
    "lga_as_written",
    "lga_global",
    "lga_local",
    "lga_variant",
    "mhsa",
    "none",
    "none_widened",
    "se",
    "shuffle",
)
HEADS = {24: 6, 128: 8, 256: 16}
PARAMETERS = {
    "none": (0, 0, 0),
    "none_widened": (14_381, 148_160, 427_585),  # of its own: (2C + 1) hidden + C
    "se": (48, 2_048, 8_192),
    "cbam": (698, 16_610, 65_890),
    "eca": (3, 3, 3),
    "mhsa": (1_800, 49_536, 197_376),
    "shuffle": (6, 48, 96),
    "lga": (14_358, 148_230, 427_526),
    "lga_local": (11_069, 126_085, 383_237),
    "lga_global": (11_213, 117_637, 366_341),
    "lga_as_written": (14_358, 148_230, 427_526),
    "lga_variant": (14_358, 148_230, 427_526),
}


def build(name: str, channels: int, heads: int) -> torch.nn.Module:
    config = OmegaConf.create(
        {"backbone": {"lga_heads": {"detection": heads}}, "task": {"name": "detection"}}
    )
    config.attention = OmegaConf.load(CONFIGS / f"{name}.yaml")
    assert config.attention.name == name
    return instantiate(config.attention.block)(channels)


def test_the_configured_attentions_are_those_tested():
    assert sorted(path.stem for path in CONFIGS.glob("*.yaml")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_parameter_counts_are_the_released_ones(name):
    counts = tuple(sum(p.numel() for p in build(name, c, h).parameters()) for c, h in HEADS.items())
    assert counts == PARAMETERS[name]


def test_classification_lga_with_twelve_heads_has_the_released_count():
    assert sum(p.numel() for p in build("lga", 24, 12).parameters()) == 13_782


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (13, 17), (20, 20)])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_any_map_goes_through_with_gradients(name, training, size):
    block = build(name, 24, 6).train(training)
    x = torch.randn(2, 24, *size, requires_grad=True)
    y = block(x)
    y.square().sum().backward()
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in block.parameters())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
@pytest.mark.parametrize("name", NAMES)
def test_output_keeps_the_dtype_of_module_and_input(name, dtype, training):
    torch.manual_seed(0)
    block = build(name, 24, 6).train(training)
    x = torch.randn(2, 24, 9, 11)
    expected = block(x)
    y = block.to(dtype)(x.to(dtype))
    assert y.dtype == dtype
    assert (y.float() - expected).abs().max() < 0.05 * expected.abs().max()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_autocast_agrees_with_full_precision(name, training):
    torch.manual_seed(0)
    block = build(name, 24, 6).train(training)
    x = torch.randn(2, 24, 9, 11, requires_grad=True)
    expected = block(x).detach()
    with torch.autocast("cpu", torch.bfloat16):
        y = block(x)
    y.float().sum().backward()
    assert (y.float() - expected).abs().max() < 0.05 * expected.abs().max()


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_round_trip_gives_the_same_output(name):
    first, second = build(name, 24, 6).eval(), build(name, 24, 6).eval()
    x = torch.randn(2, 24, 6, 8)
    second(x)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(x), second(x))


@pytest.mark.parametrize("name", NAMES)
def test_channels_last_input_gives_the_same_output(name):
    block = build(name, 24, 6)
    x = torch.randn(2, 24, 8, 12)
    torch.testing.assert_close(block(x.contiguous(memory_format=torch.channels_last)), block(x))


def test_no_attention_returns_its_input():
    x = torch.randn(1, 8, 2, 2)
    assert NoAttention(8)(x) is x


def test_squeeze_excite_by_hand():
    """One position, two channels (1, 2), squeezed to 1*1 + 2*1 = 3, gates sigmoid(3) and sigmoid(-3)."""
    block = SqueezeExcite(2, reduction=2)
    block.load_state_dict({"fc.0.weight": torch.ones(1, 2), "fc.2.weight": torch.tensor([[1.0], [-1.0]])})
    y = block(torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)).flatten()
    torch.testing.assert_close(y, torch.tensor([0.9525741, 2 * 0.0474259]))


def test_efficient_channel_attention_by_hand():
    """Kernel (1, 0, -1) over channels (1, 2, 4) with zero ends: logits 0-2, 1-4, 2-0."""
    block = EfficientChannelAttention(3)
    block.load_state_dict({"conv.weight": torch.tensor([[[1.0, 0.0, -1.0]]])})
    y = block(torch.tensor([1.0, 2.0, 4.0]).view(1, 3, 1, 1)).flatten()
    torch.testing.assert_close(y, torch.tensor([1.0, 2.0, 4.0]) * torch.tensor([-2.0, -3.0, 2.0]).sigmoid())


def test_shuffle_attention_interleaves_the_halves_of_the_channels():
    """At the start all gates are sigmoid(1) (weights 0, biases 1); channels come as 0, 8, 1, 9, ..."""
    x = torch.arange(16.0).view(1, 16, 1, 1)
    y = ShuffleAttention(16, groups=8)(x).flatten() / torch.tensor(1.0).sigmoid()
    torch.testing.assert_close(y, torch.arange(16.0).view(2, 8).t().flatten())


@pytest.mark.parametrize(
    ("make", "valid"),
    [
        (lambda: LocalGlobalAttention(24, 5), "^heads=5 .* 1, 2, 3, 4, 6, 8, 12, 24"),
        (lambda: MultiHeadSelfAttention(6, heads=4), "1, 2, 3, 6"),
        (lambda: LocalGlobalAttention(24, 6, branches="middle"), "both, local or global"),
        (lambda: SqueezeExcite(8), "1 to 8"),
        (lambda: CBAM(8, kernel_size=4), "odd"),
        (lambda: EfficientChannelAttention(8, kernel_size=2), "odd"),
        (lambda: ShuffleAttention(40), "multiple of 16"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_the_valid_ones(make, valid):
    with pytest.raises(UserError, match=valid) as error:
        make()
    assert "\n" not in str(error.value)
