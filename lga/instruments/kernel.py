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

from lga.attention.local_global_collapse import fold_branches, unread_slots
from lga.instruments.anatomy import Anatomy

SIZE = 11
Picture = Literal["kernel", "gradient"]


def kernel_picture(anatomy: Anatomy, x: Tensor) -> tuple[Picture, Tensor]:
    """What the picture is of, and its magnitudes: (K, K) of the kernel, or (11, 11) of the gradient."""
    if anatomy.released:
        return "kernel", folded_kernel(anatomy)
    return "gradient", centre_gradient(anatomy, x)


def folded_kernel(anatomy: Anatomy) -> Tensor:
    """Mean magnitude (K, K) of the kernels of a released block; alphas of channels count by their mean."""
    weights = [
        (alpha.mean() / len(convs)).expand(len(convs))
        for alpha, convs in zip(anatomy.alphas, anatomy.kinds.values(), strict=True)
    ]
    branches = [conv for convs in anatomy.kinds.values() for conv in convs]
    kernels_KKRdS = fold_branches(branches, torch.cat(weights), anatomy.heads).kernels
    slots = kernels_KKRdS.transpose(3, 4).flatten(2, 3)
    return slots[:, :, unread_slots(anatomy.heads) :].abs().mean(dim=(2, 3))


def centre_gradient(anatomy: Anatomy, x: Tensor) -> Tensor:
    """Mean magnitude (11, 11) of d out[centre] / d x, out summed over channels; zero beyond the map."""
    H, W = x.shape[2:]
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        centre = anatomy.block(x)[:, :, H // 2, W // 2].sum()
        (gradient,) = torch.autograd.grad(centre, x)
    magnitude = F.pad(gradient.abs().mean(dim=(0, 1)), [SIZE // 2] * 4)
    return magnitude[H // 2 : H // 2 + SIZE, W // 2 : W // 2 + SIZE]
