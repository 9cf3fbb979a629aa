"""Read one block after one epoch, as plain values for JSON.

Numbers have six significant digits, so that only a zero is written as one; what is not finite is None.

Entropies are shares of the largest that n weights of sum 1 can have, -sum_i p_i ln(p_i) / ln(n): 0 for one
weight of 1, 1 for n equal ones. The weights are those of a gate over its scales, of a row of a head's
attention softmax(q k^T / sqrt(d)) over channels, and the shares alpha_local / (alpha_local + alpha_global) of
the two kinds of branches. In the released block the attention is computed from queries and keys as the paper
has it, but has no effect on the output (see lga/attention/local_global/collapse.py).

But for a bias the output is the sum of three paths p, so that the variance of a channel c over images and
positions is the sum of their covariances with it:

    share_p = sum_c cov(out_c, p_c) / sum_c var(out_c),     sum of all shares = 1

A share below 0 is of a path that works against the others. Scales, gate and position act through z, and so
count with the branches; what x does past the branches, (sum of alphas) * x and a residual, is the identity's.

The picture shows how far a block looks, 11x11 around a position. The released block is one correlation of z
behind its gate, whose kernels are exact (`fold_branches`): the picture is their mean magnitude over heads and
channels, whatever the images. The block as written has no such kernels: its picture is the mean magnitude of
the gradient of its output at the map's centre with respect to its input, over images and channels, all paths
included.

Shapes: B images, C channels, G heads, d channels of a head, S scales and the map itself, H W map, N = H*W,
K the largest kernel, R read groups.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from lga.attention import LocalGlobalVariant
from lga.attention.local_global.collapse import fold_branches, unread_slots
from lga.instruments.blocks import attention, contract, cut, gated, gates, named_branches
from lga.instruments.gradients import GradientState

SIZE = 11
Picture = Literal["kernel", "gradient"]
IDENTITY = "identity"
DIGITS = 6


def entropy_share(weights: Tensor, dim: int) -> Tensor | None:
    """Return the share along ``dim``, which goes; None for a single weight, whose entropy is 0 of 0."""
    n = weights.shape[dim]
    return torch.special.entr(weights).sum(dim) / math.log(n) if n > 1 else None


@dataclass(frozen=True)
class Values:
    """Of an alpha over the channels; all equal if it is one scalar."""

    mean: float
    least: float
    most: float


@dataclass(frozen=True)
class AlphaState:
    """Alphas by kind; share and entropy are None without two kinds whose means are both positive."""

    values: dict[str, Values]
    local_share: float | None
    entropy: float | None


def alpha_state(block: LocalGlobalVariant) -> AlphaState:
    """Read the alphas of a block."""
    values = {
        kind: Values(float(alpha.mean()), float(alpha.min()), float(alpha.max()))
        for kind, alpha in zip(block.kinds(), block.alphas().detach(), strict=True)
    }
    means = torch.tensor([value.mean for value in values.values()], dtype=torch.float64)
    if len(means) < 2 or not bool((means > 0).all()):
        return AlphaState(values, None, None)
    shares = means / means.sum()
    entropy = entropy_share(shares, dim=0)
    return AlphaState(values, float(shares[0]), None if entropy is None else float(entropy))


@dataclass(frozen=True)
class GateState:
    """Mean weights (S) over images and positions; the mean entropy as a share of ln S, and how it differs.

    ``spread`` is the standard deviation, over images, of an image's mean entropy.
    """

    weights: list[float]
    entropy: float
    spread: float


def gate_state(gates_BSHW: Tensor) -> GateState:
    """Return what the weights of a gate of at least two scales say."""
    entropies = entropy_share(gates_BSHW, dim=1)
    if entropies is None:
        raise ValueError(f"a gate over {gates_BSHW.shape[1]} scale has no entropy")
    of_images = entropies.flatten(1).mean(dim=1)
    return GateState(
        weights=gates_BSHW.mean(dim=(0, 2, 3)).tolist(),
        entropy=float(of_images.mean()),
        spread=float(of_images.std(correction=0)),
    )


@dataclass(frozen=True)
class AttentionState:
    """Mean entropy over images, heads and rows; the variance, over images, of an image's mean entropy."""

    entropy: float
    variance: float


def attention_state(q_BGdN: Tensor, k_BGdN: Tensor) -> AttentionState | None:
    """Return the state of one branch; None for heads of one channel, which attend to nothing else."""
    entropies = entropy_share(attention(q_BGdN, k_BGdN), dim=-1)
    if entropies is None:
        return None
    of_images = entropies.flatten(1).mean(dim=1)
    return AttentionState(float(of_images.mean()), float(of_images.var(correction=0)))


def kernel_picture(block: LocalGlobalVariant, x: Tensor) -> tuple[Picture, Tensor]:
    """Return what is pictured, and its magnitudes: (K, K) of the kernel or (11, 11) of the gradient."""
    if block.released:
        return "kernel", folded_kernel(block)
    return "gradient", centre_gradient(block, x)


def folded_kernel(block: LocalGlobalVariant) -> Tensor:
    """Return the mean magnitude (K, K) of a released block's kernels; alphas of channels by their mean."""
    weights = block.branch_weights().mean(dim=1)
    kernels_KKRdS = fold_branches(block.branches(), weights, block.heads).kernels
    slots = kernels_KKRdS.transpose(3, 4).flatten(2, 3)
    return slots[:, :, unread_slots(block.heads) :].abs().mean(dim=(2, 3))


def centre_gradient(block: LocalGlobalVariant, x: Tensor) -> Tensor:
    """Return the mean of |d out[centre] / d x| (11, 11), out summed over channels; zero beyond the map."""
    H, W = x.shape[2:]
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        centre = block(x)[:, :, H // 2, W // 2].sum()
        (gradient,) = torch.autograd.grad(centre, x)
    magnitude = F.pad(gradient.abs().mean(dim=(0, 1)), [SIZE // 2] * 4)
    return magnitude[H // 2 : H // 2 + SIZE, W // 2 : W // 2 + SIZE]


def path_shares(
    block: LocalGlobalVariant, x: Tensor, branches: dict[str, list[Tensor]]
) -> dict[str, float] | None:
    """Return the share of each kind of ``branches`` (maps (B, C, H, W) by kind) and of the identity.

    None for an output that does not vary.
    """
    paths = {name: path.double() for name, path in path_maps(block, x, branches).items()}
    centred = {name: path - path.mean(dim=(0, 2, 3), keepdim=True) for name, path in paths.items()}
    out = torch.stack(list(centred.values())).sum(dim=0)
    variance = (out * out).mean()
    if float(variance) == 0:
        return None
    return {name: float((path * out).mean() / variance) for name, path in centred.items()}


def path_maps(block: LocalGlobalVariant, x: Tensor, branches: dict[str, list[Tensor]]) -> dict[str, Tensor]:
    """Return the summands (B, C, H, W) of the output, less the bias of the output convolution."""
    out_conv, alphas = block.out_conv, dict(zip(block.kinds(), block.alphas(), strict=True))

    def projected(mixed: Tensor) -> Tensor:
        return F.conv2d(mixed, out_conv.weight)

    paths = {
        kind: projected(alphas[kind][:, None, None] * torch.stack(maps).mean(dim=0))
        for kind, maps in branches.items()
    }
    past = projected(block.residual_weight()[:, None, None] * x)
    return {**paths, IDENTITY: past + x if block.settings.residual else past}


@dataclass(frozen=True)
class BlockState:
    """A block after an epoch; what needs images is None where none were seen.

    ``attention`` is by branch, ``paths`` by path; ``kernel`` is (K, K), a picture of what ``picture`` says.
    """

    contraction: str
    alpha: AlphaState
    gradients: GradientState | None = None
    gate: GateState | None = None
    attention: dict[str, AttentionState] | None = None
    paths: dict[str, float] | None = None
    picture: Picture | None = None
    kernel: list[list[float]] | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values alone."""
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded


@torch.no_grad()
def block_state(
    block: LocalGlobalVariant, x: Tensor | None, gradients: GradientState | None = None
) -> BlockState:
    """Return the state of ``block`` with the input x (B, C, H, W), if one is known."""
    contraction = block.settings.contraction
    alpha = alpha_state(block)
    if x is None:
        return BlockState(contraction, alpha, gradients)
    x = x.to(block.out_conv.weight.dtype)
    attention, branches = _branches(block, gated(block, x))
    weights = gates(block, x)
    picture, kernel = kernel_picture(block, x)
    return BlockState(
        contraction=contraction,
        alpha=alpha,
        gradients=gradients,
        gate=None if weights is None else gate_state(weights),
        attention=attention,
        paths=path_shares(block, x, branches),
        picture=picture,
        kernel=kernel.tolist(),
    )


def _branches(
    block: LocalGlobalVariant, z: Tensor
) -> tuple[dict[str, AttentionState], dict[str, list[Tensor]]]:
    """Return the attention of each branch, and the maps (B, C, H, W) of the branches by kind."""
    attention: dict[str, AttentionState] = {}
    maps: dict[str, list[Tensor]] = {kind: [] for kind in block.kinds()}
    for name, conv in named_branches(block).items():
        stacked = conv(z)
        q, k, _ = cut(block, stacked.flatten(2), dim=1)
        if (state := attention_state(q, k)) is not None:
            attention[name] = state
        maps[name.split()[0]].append(contract(block, stacked))
    return attention, maps


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
