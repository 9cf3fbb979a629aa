"""The settings of Local-Global Attention with their checks, and the positions that one of them chooses from.

The defaults are the released block of https://arxiv.org/abs/2411.09604. A bad setting is named by its config
key. The sinusoids are those of https://arxiv.org/abs/1706.03762, section 3.5, in two dimensions. Deviations:
the base is 20 in place of 10000, so that the longest wavelength is 126 cells, the order of a map's side; and
the pattern repeats every ``period`` channels and starts anew at ``first``, because the released contraction
reads the channels from ``first`` on alone, and must find all frequencies there.

Shapes: C channels, H W map."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NoReturn, get_args

import torch
from torch import Tensor

from lga.system.errors import UserError

Branches = Literal["both", "local", "global"]
Position = Literal["learned_nearest", "learned_bilinear", "sinusoidal", "none"]
Alpha = Literal["learned", "per_channel", "frozen", "softmax"]
Contraction = Literal["released", "as_written"]

LOCAL_KERNELS = (3, 5, 7)
GLOBAL_KERNEL = 11
SCALES = 3
POSITION_SIZE = 14
BASE = 20.0


@dataclass(frozen=True)
class VariantSettings:
    """What a block is made of; raises UserError for a value that means nothing."""

    local_kernels: tuple[int, ...]
    global_kernel: int | None
    scales: int
    position: Position
    alpha: Alpha
    alpha_local: float
    alpha_global: float
    contraction: Contraction
    residual: bool

    def __post_init__(self) -> None:
        self._check_kernels()
        if type(self.scales) is not int or self.scales < 0:
            _refuse("scales", self.scales, "is not a number of scales; set 0 or more")
        _check_choice("position", self.position, get_args(Position))
        _check_choice("contraction", self.contraction, get_args(Contraction))
        self._check_alpha()
        if self.residual not in (True, False):
            _refuse("residual", self.residual, "is neither true nor false")

    def _check_kernels(self) -> None:
        for kernel in self.local_kernels:
            _check_kernel("local_kernels", kernel)
        if self.global_kernel is not None:
            _check_kernel("global_kernel", self.global_kernel)
        elif not self.local_kernels:
            _refuse("local_kernels", [], "leaves no branch without a global_kernel; set one of them")

    def _check_alpha(self) -> None:
        _check_choice("alpha", self.alpha, get_args(Alpha))
        values = {"alpha_local": self.alpha_local, "alpha_global": self.alpha_global}
        for key, value in values.items():
            if not _is_number(value):
                _refuse(key, value, "is not a number")
        if self.alpha != "softmax":
            return
        if not self.local_kernels or self.global_kernel is None:
            _refuse(
                "alpha", "softmax", "ties local to global branches, and one kind is left out; set another"
            )
        for key, value in values.items():
            if not 0 < value < 1:
                _refuse(key, value, "is no share of a softmax; set one between 0 and 1")
        if not math.isclose(sum(values.values()), 1, abs_tol=1e-6):
            _refuse("alpha_global", self.alpha_global, "does not add up to 1 with alpha_local under softmax")


def as_kernels(kernels: object) -> tuple[int, ...]:
    """Return a configured list as a tuple; raises UserError for anything else."""
    if isinstance(kernels, str) or not isinstance(kernels, Sequence):
        _refuse("local_kernels", kernels, "is no list; set one as [3, 5, 7]")
    return tuple(kernels)


def _check_kernel(key: str, kernel: int) -> None:
    if type(kernel) is not int or kernel < 1 or kernel % 2 == 0:
        _refuse(key, kernel, "has no centre; set odd sizes")


def _check_choice(key: str, value: str, valid: Sequence[str]) -> None:
    if value not in valid:
        _refuse(key, value, f"is unknown; set one of {', '.join(valid)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refuse(key: str, value: object, why: str) -> NoReturn:
    raise UserError(f"{key}={value} {why}")


def sinusoidal_position(channels: int, first: int, size: tuple[int, int], like: Tensor) -> Tensor:
    """Return waves (1, C, H, W), in the type and on the device of ``like``; the last few are kept.

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
