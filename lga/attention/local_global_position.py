"""The position that Local-Global Attention adds to its map: a learned tensor resized, waves, or nothing.

The sinusoids are those of https://arxiv.org/abs/1706.03762, section 3.5, in two dimensions. Deviations: the
base is 20 in place of 10000, so that the longest wavelength is 126 cells, the order of a map's side; and the
pattern repeats every ``period`` channels and starts anew at ``first``, because the released contraction reads
the channels from ``first`` on alone, and must find all frequencies there.

Shapes: C channels, H W map."""

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

BASE = 20.0


def resized(position: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """The learned tensor (1, C, h, w) at ``size`` (H, W), by "nearest" or "bilinear" interpolation."""
    return F.interpolate(position, size=size, mode=mode)


def sinusoidal_position(channels: int, first: int, size: tuple[int, int], like: Tensor) -> Tensor:
    """Waves (1, C, H, W), in the type and on the device of ``like``; the last few are kept.

    With n = C - ``first`` and k = (c - first) mod n, channel c is the sine (k%4 < 2) or cosine of the row
    (even k) or column (odd k) times BASE^(-f/F), where f = k//4 is one of F = ceil(n/4) frequencies.
    """
    # A compiler's tensors are symbols of its own run and must not be kept.
    waves: Callable[..., Tensor] = _waves.__wrapped__ if torch.compiler.is_compiling() else _waves
    return waves(channels, first, size, like.dtype, like.device)


@lru_cache(maxsize=16)
def _waves(
    channels: int, first: int, size: tuple[int, int], dtype: torch.dtype, device: torch.device
) -> Tensor:
    with torch.inference_mode(False), torch.no_grad():
        period = channels - first
        k = (torch.arange(channels) - first) % period
        frequency = BASE ** -((k // 4).double() / math.ceil(period / 4))
        rows, columns = (torch.arange(side, dtype=torch.float64) for side in size)
        cell = torch.where((k % 2 == 0)[:, None, None], rows[:, None], columns[None, :])
        shift = (k % 4 >= 2).double() * (math.pi / 2)  # cos(t) = sin(t + pi/2)
        waves = (cell * frequency[:, None, None] + shift[:, None, None]).sin()
        return waves[None].to(device, dtype)
