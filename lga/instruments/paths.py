"""How much of a block's output comes by its local branches, its global ones, and past them.

But for a bias the output is the sum of three paths p, so that the variance of a channel c over images and
positions is the sum of their covariances with it:

    share_p = sum_c cov(out_c, p_c) / sum_c var(out_c),     sum of all shares = 1

A share below 0 is of a path that works against the others. Scales, gate and position act through z, and so
count with the branches; what x does past the branches, (sum of alphas) * x and a residual, is the identity's.

Shapes: B images, C channels, H W map, N = H*W."""

import torch
from torch import Tensor

from lga.attention import LocalGlobalVariant

IDENTITY = "identity"


def path_shares(
    block: LocalGlobalVariant, x: Tensor, branches: dict[str, list[Tensor]]
) -> dict[str, float] | None:
    """The share of each kind of ``branches`` (maps (B, C, H, W) by kind) and of the identity.

    None for an output that does not vary.
    """
    paths = path_maps(block, x, branches)
    centred = {name: _centred(path) for name, path in paths.items()}
    out = torch.stack(list(centred.values())).sum(dim=0)
    variance = (out * out).mean()
    if float(variance) == 0:
        return None
    return {name: float((path * out).mean() / variance) for name, path in centred.items()}


def path_maps(block: LocalGlobalVariant, x: Tensor, branches: dict[str, list[Tensor]]) -> dict[str, Tensor]:
    """The summands (B, C, H, W) of the output, less the bias of the output convolution."""
    out_conv, alphas = block.out_conv, dict(zip(block.kinds(), block.alphas(), strict=True))

    def projected(mixed: Tensor) -> Tensor:
        return torch.nn.functional.conv2d(mixed, out_conv.weight)

    paths = {
        kind: projected(alphas[kind][:, None, None] * torch.stack(maps).mean(dim=0))
        for kind, maps in branches.items()
    }
    past = projected(block.residual_weight()[:, None, None] * x)
    return {**paths, IDENTITY: past + x if block.settings.residual else past}


def _centred(path: Tensor) -> Tensor:
    path = path.double()
    return path - path.mean(dim=(0, 2, 3), keepdim=True)
