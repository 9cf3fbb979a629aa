"""Convolutions of few pixels, in training on processors, as the products of small matrices that they are.

On a map of 1 x 1 a depthwise kernel of 5 x 5 meets one pixel with one tap and padding with 24, which oneDNN
multiplies all the same. Where the map is smaller than the kernel, each channel's convolution is here the
matrix from the map's pixels to the result's, which holds the taps that are reached. A 1x1 convolution is a
linear layer, for which oneDNN takes twice the time of the product where pixels are few.

Shapes: B batch, C channels, I and O pixels of the map and of the result, K taps of a kernel.
"""

from functools import lru_cache, partial
from itertools import starmap
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Beyond these sizes convolutions are as fast.
MOST_PRODUCTS = 2**20  # B * C * I * O of a depthwise one: 4 MB
MOST_PIXELS = 2**9  # B * I of a 1x1 one


class Axis(NamedTuple):
    """What a convolution does along one axis of its map."""

    pixels: int
    kernel: int
    stride: int
    padding: int
    dilation: int

    @property
    def reach(self) -> int:
        """Pixels from the kernel's first tap to its last, both included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def results(self) -> int:
        """Pixels of the result."""
        return (self.pixels + 2 * self.padding - self.reach) // self.stride + 1

    def taps(self) -> Tensor:
        """Return 1 where a result meets a pixel with a tap, else 0: (O, I, K)."""
        first = self.stride * torch.arange(self.results) - self.padding
        met = first[:, None] + self.dilation * torch.arange(self.kernel)
        return (met[:, None] == torch.arange(self.pixels)[:, None]).float()


def use_products_on_small_maps(network: nn.Module) -> None:
    """Replace how the depthwise and 1x1 convolutions of `network` compute where a product is faster.

    Results are equal to rounding. Names, classes and parameters stay, and so does evaluation, to which
    judging, operation counts and export belong.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and _is_plain(module):
            module._conv_forward = partial(_convolve, module)  # type: ignore[method-assign]


def _is_plain(module: nn.Conv2d) -> bool:
    """Return whether it computes as PyTorch's own, with a border of zeros whose width is known."""
    own = type(module)._conv_forward is nn.Conv2d._conv_forward
    return own and module.padding_mode == "zeros" and not isinstance(module.padding, str)


def _convolve(module: nn.Conv2d, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return the convolution of `x` (B, C, H, W)."""
    assert isinstance(module.padding, tuple)
    if module.training and x.is_cpu and x.ndim == 4 and not torch.is_autocast_enabled("cpu"):
        settings = (module.kernel_size, module.stride, module.padding, module.dilation)
        rows, columns = starmap(Axis, zip(x.shape[2:], *settings, strict=True))
        if module.groups == module.in_channels == module.out_channels and _is_small(x, rows, columns):
            return _depthwise(x, weight, bias, rows, columns)
        if module.groups == 1 and _is_linear(rows) and _is_linear(columns) and x[:, 0].numel() <= MOST_PIXELS:
            return F.linear(x.permute(0, 2, 3, 1), weight.flatten(1), bias).permute(0, 3, 1, 2)
    return nn.Conv2d._conv_forward(module, x, weight, bias)  # type: ignore[no-any-return]


def _is_linear(axis: Axis) -> bool:
    return axis.kernel == axis.stride == 1 and axis.padding == 0


def _is_small(x: Tensor, rows: Axis, columns: Axis) -> bool:
    """Return whether the map is smaller than the kernel, and so are the products than `MOST_PRODUCTS`."""
    if rows.pixels >= rows.reach and columns.pixels >= columns.reach:
        return False
    return min(rows.results, columns.results) > 0 and (
        x.numel() * rows.results * columns.results <= MOST_PRODUCTS
    )


def _depthwise(x: Tensor, weight: Tensor, bias: Tensor | None, rows: Axis, columns: Axis) -> Tensor:
    # A compiler's tensors are symbols of its own run and must not be kept.
    taps = (_taps.__wrapped__ if torch.compiler.is_compiling() else _taps)(rows, columns, weight.dtype)
    matrix = (taps.flatten(0, 1) @ weight.flatten(1).T).view(*taps.shape[:2], -1)  # (O, I, C)
    pixels = x.permute(0, 2, 3, 1).flatten(1, 2).unsqueeze(1)  # (B, 1, I, C)
    y = (pixels * matrix).sum(2).view(len(x), rows.results, columns.results, -1).permute(0, 3, 1, 2)
    return y if bias is None else y + bias[:, None, None]


@lru_cache(maxsize=256)
def _taps(rows: Axis, columns: Axis, dtype: torch.dtype) -> Tensor:
    """Return 1 where a result meets a pixel with a tap, else 0: (O, I, K)."""
    return torch.kron(rows.taps(), columns.taps()).to(dtype)
