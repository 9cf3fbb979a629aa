"""The positions, by hand, and settings that mean nothing."""

import math

import pytest
import torch

from lga.attention import LocalGlobalVariant
from lga.system.errors import UserError


def test_waves_by_hand():
    """24 channels in 6 heads: the last 8 are read, so the pattern of 8 has the rates 1 and 1/sqrt(20).

    In order: sine of the row, of the column, cosine of the row, of the column; at row 2, column 1.
    """
    position = LocalGlobalVariant(24, 6, position="sinusoidal").position((3, 2))
    slow = 1 / math.sqrt(20)
    rates = [1.0, slow]
    pattern = [
        f(cell * r) for r in rates for f, cell in [(math.sin, 2), (math.sin, 1), (math.cos, 2), (math.cos, 1)]
    ]
    assert position.shape == (1, 24, 3, 2)
    torch.testing.assert_close(position[0, :, 2, 1], torch.tensor(pattern * 3))


def test_the_read_channels_hold_the_whole_pattern_whatever_the_heads():
    """24 channels in 4 heads: 2 of 4 groups, 12 channels, are read; the rates are 20^(-f/3), f = 0, 1, 2."""
    position = LocalGlobalVariant(24, 4, position="sinusoidal").position((2, 1))
    sines_of_rows = [math.sin(20 ** (-f / 3)) for f in range(3)]
    torch.testing.assert_close(position[0, 12::4, 1, 0], torch.tensor(sines_of_rows))
    torch.testing.assert_close(position[:, :12], position[:, 12:])


def learned(mode, values):
    block = LocalGlobalVariant(1, 1, position=f"learned_{mode}")
    block.position_encoding = torch.nn.Parameter(torch.tensor(values).view(1, 1, 1, -1))
    return block


def test_nearest_repeats_and_bilinear_blends():
    """(0, 4) enlarged to 4: repeated (0, 0, 4, 4), or blended at the quarters (0, 1, 3, 4)."""
    assert learned("nearest", [0.0, 4.0]).position((1, 4)).flatten().tolist() == [0, 0, 4, 4]
    assert learned("bilinear", [0.0, 4.0]).position((1, 4)).flatten().tolist() == [0, 1, 3, 4]


def test_no_position_adds_nothing():
    """Without scales and position, a map of constant channels stays constant far from its edge."""
    torch.manual_seed(0)
    block = LocalGlobalVariant(6, 3, local_kernels=[3], global_kernel=None, scales=0, position="none")
    assert block.position((4, 4)) is None
    inner = block(torch.randn(1, 6, 1, 1).expand(1, 6, 7, 7))[..., 1:-1, 1:-1]
    torch.testing.assert_close(inner, inner[..., :1, :1].expand_as(inner))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"heads": 5}, "^heads=5 does not divide 24 .* 1, 2, 3, 4, 6, 8, 12, 24"),
        ({"local_kernels": [3, 4]}, "^local_kernels=4 .* odd"),
        ({"local_kernels": [0]}, "^local_kernels=0 .* odd"),
        ({"local_kernels": 3}, "^local_kernels=3 is no list"),
        ({"local_kernels": "3"}, "^local_kernels=3 is no list"),
        ({"global_kernel": 10}, "^global_kernel=10 .* odd"),
        ({"global_kernel": -1}, "^global_kernel=-1 .* odd"),
        ({"local_kernels": [], "global_kernel": None}, "^local_kernels=.* no branch"),
        ({"scales": -1}, "^scales=-1 .* 0 or more"),
        ({"scales": 1.5}, "^scales=1.5 .* 0 or more"),
        (
            {"position": "learned"},
            "^position=learned .* learned_nearest, learned_bilinear, sin",
        ),
        ({"alpha": "fixed"}, "^alpha=fixed .* learned, per_channel, frozen, softmax"),
        ({"alpha_local": "half"}, "^alpha_local=half is not a number"),
        ({"alpha_global": float("nan")}, "^alpha_global=nan is not a number"),
        ({"alpha_global": None}, "^alpha_global=None is not a number"),
        ({"alpha": "softmax", "alpha_local": 1.5}, "^alpha_local=1.5 .* between 0 and 1"),
        ({"alpha": "softmax", "alpha_local": 0.4}, "^alpha_global=0.5 does not add up to 1"),
        ({"alpha": "softmax", "local_kernels": []}, "^alpha=softmax .* left out"),
        ({"contraction": "written"}, "^contraction=written .* released, as_written"),
        ({"residual": "yes"}, "^residual=yes"),
    ],
)
def test_a_bad_setting_is_one_line_with_its_key(settings, message):
    with pytest.raises(UserError, match=message) as error:
        LocalGlobalVariant(24, **settings)
    assert "\n" not in str(error.value)
