"""Correlation of a map with large kernels in groups, as a product of real Fourier spectra.

The transforms are multiplications with small constant matrices, along x and then along y. For 11x11 kernels
on maps of tens of pixels that is faster than a convolution, above all in the backward pass. It is exact for
any size, and works in single precision at least.

A period of H + K//2 suffices: the K//2 zeros before the map's next image are all the wrap-around reaches.

Shapes: B batch, R groups, d channels of a group, S output maps of a group, n = R*d, H W map, K kernel size,
P frequencies along y, Q along x (the half a real map needs), f = P*Q*R; i = 2, real and imaginary part."""

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor


@dataclass(frozen=True)
class Transform:
    """Matrices of a 2-D Fourier transform, ``rows`` along x and then ``columns`` along y."""

    rows: Tensor  # (i*Q, W)
    columns: Tensor  # (i*P, H*i)

    def __call__(self, maps: Tensor) -> Tensor:
        """Map (..., H, W, n) to their spectra (..., i, P*Q*n)."""
        half = torch.matmul(self.rows, maps)
        *batch, H, _, _ = half.shape
        return torch.matmul(self.columns, half.reshape(*batch, 2 * H, -1)).view(*batch, 2, -1)


@dataclass(frozen=True)
class SameCorrelation:
    """``conv2d(maps, kernels, padding=K//2, groups=R)`` with odd K, for one size of maps."""

    of_maps: Transform
    of_kernels: Transform
    back_columns: Tensor  # (H*i, i*P)
    back_rows: Tensor  # (W, i*Q)

    def spectrum(self, kernels_KKRdS: Tensor) -> Tensor:
        """Return kernels as factors (f, i*d, i*S) for ``correlate``: complex conjugates as real matrices."""
        K, _, _, d, S = kernels_KKRdS.shape
        spectrum = self.of_kernels(kernels_KKRdS.view(K, K, -1).to(self.back_rows.dtype))
        real, imaginary = spectrum.view(2, -1, d, S).unbind()
        from_real = torch.cat([real, -imaginary], dim=-1)
        from_imaginary = torch.cat([imaginary, real], dim=-1)
        return torch.cat([from_real, from_imaginary], dim=1)

    def correlate(self, maps_BHWn: Tensor, spectrum: Tensor, groups: int) -> Tensor:
        """(B, H, W, R*S): every slot's sum over its group's maps, each with its kernel."""
        B, H, _, n = maps_BHWn.shape
        d, S = n // groups, spectrum.shape[-1] // 2
        P = self.back_columns.shape[1] // 2
        with without_autocast(maps_BHWn.device):
            maps = self.of_maps(maps_BHWn.to(spectrum.dtype))
            maps_fBa = maps.view(B, 2, -1, d).permute(2, 0, 1, 3).reshape(-1, B, 2 * d)
            product = torch.bmm(maps_fBa, spectrum).view(P, -1, groups, B, 2, S)
            columns = product.permute(3, 4, 0, 1, 2, 5).reshape(B, 2 * P, -1)
            half = torch.matmul(self.back_columns, columns).view(B, H, -1, groups * S)
            return torch.matmul(self.back_rows, half).to(maps_BHWn.dtype)


def same_correlation(size: tuple[int, int], kernels_KKRdS: Tensor) -> SameCorrelation:
    """Return the correlation for maps of ``size`` (H, W), on the kernels' device; the last few are kept."""
    dtype = torch.promote_types(kernels_KKRdS.dtype, torch.float32)
    # A compiler's tensors are symbols of its own run and must not be kept.
    build = _build.__wrapped__ if torch.compiler.is_compiling() else _build
    return build(size, kernels_KKRdS.shape[0], dtype, kernels_KKRdS.device)


def without_autocast(device: torch.device) -> AbstractContextManager[object]:
    """Keep the precision of the operands where automatic mixed precision is on."""
    autocast = torch.amp.is_autocast_available(device.type) and torch.is_autocast_enabled(device.type)
    return torch.autocast(device.type, enabled=False) if autocast else nullcontext()


@lru_cache(maxsize=16)
def _build(size: tuple[int, int], kernel: int, dtype: torch.dtype, device: torch.device) -> SameCorrelation:
    H, W = size
    # Odd periods have no frequency that is its own conjugate but the constant.
    P, W_period = (max(side + kernel // 2, kernel) | 1 for side in size)
    Q = W_period // 2 + 1
    with torch.inference_mode(False), torch.no_grad():
        taps = torch.arange(kernel, dtype=torch.float64) - kernel // 2
        columns, rows = _columns(torch.arange(H), P), _rows(torch.arange(W), W_period)
        multiplicity = torch.full((Q,), 2.0, dtype=torch.float64)
        multiplicity[0] = 1
        back_rows = (rows * multiplicity.repeat(2)[:, None] / (P * W_period)).t()
        matrices = (rows, columns, _rows(taps, W_period), _columns(taps, P), columns.t(), back_rows)
        on_device = [matrix.to(device, dtype).contiguous() for matrix in matrices]
    return SameCorrelation(Transform(*on_device[:2]), Transform(*on_device[2:4]), *on_device[4:])


def _rows(positions: Tensor, period: int) -> Tensor:
    """(i*Q, positions): real rows to their non-negative frequencies."""
    cosine, sine = _waves(period // 2 + 1, positions, period)
    return torch.cat([cosine, -sine])


def _columns(positions: Tensor, period: int) -> Tensor:
    """(i*P, positions*i): complex columns to all frequencies."""
    cosine, sine = _waves(period, positions, period)
    real = torch.stack([cosine, sine], dim=-1)
    imaginary = torch.stack([-sine, cosine], dim=-1)
    return torch.cat([real.flatten(1), imaginary.flatten(1)])


def _waves(frequencies: int, positions: Tensor, period: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine of every frequency at every position."""
    turns = torch.outer(torch.arange(frequencies, dtype=torch.float64), positions.to(torch.float64)) / period
    return (2 * math.pi * turns).cos(), (2 * math.pi * turns).sin()
