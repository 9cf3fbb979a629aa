"""The channel and depth rules by hand: 8 * ceil(min(nominal, cap) * width / 8), max(round(r * depth), 1)."""

import pytest
import torch
from torch import nn

import lga
from lga.backbones.backbone import Backbone, scale_named
from lga.system.errors import UserError


@pytest.mark.parametrize(
    ("scale", "nominal", "real"),
    [
        ("n", 16, 8),  # 4 rounds up to 8
        ("n", 40, 16),  # 10 rounds up to 16
        ("n", 96, 24),
        ("n", 1024, 256),
        ("s", 24, 16),  # 12 rounds up to 16
        ("m", 1024, 576),  # capped at 768, times 0.75
        ("l", 1024, 512),  # capped at 512
        ("x", 512, 640),
        ("x", 1024, 640),
    ],
)
def test_channels(scale, nominal, real):
    assert scale_named(scale).channels(nominal) == real


def test_a_given_cap_replaces_the_scales_own():
    assert scale_named("m", channel_cap=1024).channels(1024) == 768


@pytest.mark.parametrize(
    ("scale", "nominal", "real"),
    [("n", 1, 1), ("n", 2, 1), ("n", 3, 1), ("n", 6, 2), ("m", 2, 1), ("m", 3, 2), ("m", 6, 4), ("x", 6, 6)],
)
def test_repeats(scale, nominal, real):
    assert scale_named(scale).repeats(nominal) == real


def test_unknown_scale_names_the_choices():
    with pytest.raises(UserError, match=r"'tiny'.*n, s, m, l, x"):
        scale_named("tiny")


class Own(Backbone):
    """What a backbone of one's own has to say: channels, and maps at strides 8, 16, 32."""

    def __init__(self, attention):
        super().__init__()
        self.out_channels = (8, 16, 32)
        self.p3, self.p4 = nn.Conv2d(3, 8, 8, 8), nn.Conv2d(8, 16, 2, 2)
        self.p5, self.attention = nn.Conv2d(16, 32, 2, 2), attention(32)

    def forward(self, images):
        p3 = self.p3(images)
        p4 = self.p4(p3)
        return p3, p4, self.attention(self.p5(p4))


@pytest.mark.parametrize("dataset", ["digits", "digit_scenes"])
def test_ones_own_needs_channels_and_strides_alone(dataset, tmp_path):
    """By a file of its own, as docs/architecture.md has it."""
    (tmp_path / "backbone").mkdir()
    node = f"network:\n  _target_: {__name__}.Own\n  _partial_: true\n"
    (tmp_path / "backbone" / "own.yaml").write_text(f"name: own\n{node}")
    chosen = [f"dataset={dataset}", "backbone=own", f"hydra.searchpath=[file://{tmp_path}]", "attention=lga"]
    model = lga.build_model(chosen)
    assert model.backbone.attention.heads == 8  # of 32 channels
    model.eval()(torch.zeros(1, 3, 64, 64))
    with pytest.raises(UserError, match="Own: the author released no weights of it"):
        lga.load_author_checkpoint(model, {})
