"""The spectral correlation against PyTorch's grouped convolution."""

import pytest
import torch
from torch.nn import functional as F

from lga.attention.local_global.spectral_correlation import same_correlation


def correlate(maps, kernels, groups):
    """Maps (B, n, H, W), kernels (groups*S, d, K, K), as ``conv2d`` takes them."""
    K = kernels.shape[-1]
    kernels_KKRdS = kernels.view(groups, -1, *kernels.shape[1:]).permute(3, 4, 0, 2, 1).contiguous()
    correlation = same_correlation((maps.shape[2], maps.shape[3]), kernels_KKRdS)
    assert kernels_KKRdS.shape[:2] == (K, K)
    out = correlation.correlate(maps.permute(0, 2, 3, 1), correlation.spectrum(kernels_KKRdS), groups)
    return out.permute(0, 3, 1, 2)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (12, 12), (20, 20), (13, 40)])
@pytest.mark.parametrize("kernel", [1, 7, 11])
def test_equals_a_grouped_convolution(size, kernel):
    torch.manual_seed(0)
    maps = torch.randn(2, 6, *size, dtype=torch.float64)
    kernels = torch.randn(2 * 3, 3, kernel, kernel, dtype=torch.float64)
    expected = F.conv2d(maps, kernels, padding=kernel // 2, groups=2)
    torch.testing.assert_close(correlate(maps, kernels, 2), expected, rtol=0, atol=1e-12)


def test_a_single_tap_shifts_the_map():
    """A kernel of 3x3 with its one at the right of the centre moves the map left by one, zeros coming in."""
    maps = torch.tensor([[[[1.0, 2.0, 3.0]]]], dtype=torch.float64)
    kernel = torch.zeros(1, 1, 3, 3, dtype=torch.float64)
    kernel[0, 0, 1, 2] = 1
    expected = torch.tensor([[[[2.0, 3.0, 0.0]]]], dtype=torch.float64)
    torch.testing.assert_close(correlate(maps, kernel, 1), expected)


def test_matrices_made_in_inference_mode_serve_training():
    maps = torch.randn(1, 1, 6, 17, dtype=torch.float64)
    kernel = torch.randn(1, 1, 5, 5, dtype=torch.float64)
    with torch.inference_mode():
        correlate(maps, kernel, 1)
    maps.requires_grad_()
    correlate(maps, kernel, 1).sum().backward()
    assert maps.grad.isfinite().all()
