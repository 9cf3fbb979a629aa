"""A picture of how far a block looks, 11x11 around a position.

The released block is one correlation of z behind its gate, whose kernels are exact (`fold_branches`): the
picture is their mean magnitude over heads and channels, whatever the images. The block as written has no such
kernels: its picture is the mean magnitude of the gradient of its output at the map's centre with respect to
its input, over images and channels, all paths included.

Shapes: B images, C channels, H W map, K the largest kernel, R read groups, d channels of a group, S slots."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from lga.attention import LocalGlobalVariant
from lga.attention.local_global.collapse import fold_branches, unread_slots

SIZE = 11
Picture = Literal["kernel", "gradient"]


def kernel_picture(block: LocalGlobalVariant, x: Tensor) -> tuple[Picture, Tensor]:
    """What the picture is of, and its magnitudes: (K, K) of the kernel, or (11, 11) of the gradient."""
    if block.released:
        return "kernel", folded_kernel(block)
    return "gradient", centre_gradient(block, x)


def folded_kernel(block: LocalGlobalVariant) -> Tensor:
    """Mean magnitude (K, K) of the kernels of a released block; alphas of channels count by their mean."""
    weights = block.branch_weights().mean(dim=1)
    kernels_KKRdS = fold_branches(block.branches(), weights, block.heads).kernels
    slots = kernels_KKRdS.transpose(3, 4).flatten(2, 3)
    return slots[:, :, unread_slots(block.heads) :].abs().mean(dim=(2, 3))


def centre_gradient(block: LocalGlobalVariant, x: Tensor) -> Tensor:
    """Mean magnitude (11, 11) of d out[centre] / d x, out summed over channels; zero beyond the map."""
    H, W = x.shape[2:]
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        centre = block(x)[:, :, H // 2, W // 2].sum()
        (gradient,) = torch.autograd.grad(centre, x)
    magnitude = F.pad(gradient.abs().mean(dim=(0, 1)), [SIZE // 2] * 4)
    return magnitude[H // 2 : H // 2 + SIZE, W // 2 : W // 2 + SIZE]
