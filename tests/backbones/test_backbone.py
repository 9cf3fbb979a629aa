"""The channel and depth rules by hand: 8 * ceil(min(nominal, cap) * width / 8), max(round(r * depth), 1)."""

import pytest

from lga.backbones.backbone import scale_named
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
