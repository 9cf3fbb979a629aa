"""The maps between the parts of a Local-Global block, step by step.

    z   = x + position + sum_i gate_i * enlarge(scale_i(x))
    out = out_conv(sum over kinds of alpha * (mean of its branches on z + x))  [+ x]

The block computes the same faster and keeps none of it; the instruments compute it again.

Shapes: B batch, C channels, G heads, d = C/G channels of a head, H W map, N = H*W, S scales and the map
itself."""

from collections import Counter

from torch import Tensor
from torch.nn import functional as F

from lga.attention import LocalGlobalVariant
from lga.attention.local_global.collapse import SeparableConv


def named_branches(block: LocalGlobalVariant) -> dict[str, SeparableConv]:
    """The branches as "local 3x3", "global 11x11"; a name that would come again is numbered."""
    seen: Counter[str] = Counter()
    named = {}
    for kind, convs in block.kinds().items():
        for conv in convs:
            size = conv.depthwise.kernel_size[0]
            name = f"{kind} {size}x{size}"
            seen[name] += 1
            named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = conv
    return named


def gates(block: LocalGlobalVariant, x: Tensor) -> Tensor | None:
    """(B, S, H, W), the first for the map itself; None without scales."""
    gate = block.scale_gate()
    return None if gate is None else gate(x).softmax(dim=1)


def gated(block: LocalGlobalVariant, x: Tensor) -> Tensor:
    """z, what the branches get for the block's input x (B, C, H, W): the same shape."""
    size = (x.shape[2], x.shape[3])
    z, weights, position = x, gates(block, x), block.position(size)
    if weights is not None:
        for index, scale in enumerate(block.scales(), start=1):
            z = z + weights[:, index : index + 1] * F.interpolate(scale(x), size=size, mode="nearest")
    return z if position is None else z + position


def contract(block: LocalGlobalVariant, stacked: Tensor) -> Tensor:
    """A branch's map (B, C, H, W) of its queries, keys and values (B, 3C, H, W)."""
    q, k, v = cut(block, stacked.flatten(2), dim=1)
    # Released attention sums to 1 over what the values are not summed over.
    attended = v.sum(dim=2, keepdim=True).expand_as(v) if block.released else attention(q, k) @ v
    return attended.reshape(stacked.shape[0], -1, *stacked.shape[2:])


def cut(block: LocalGlobalVariant, stacked: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values (G, d) of the 3C along ``dim``.

    The released block cuts thirds across all groups, the block as written thirds of each head's group.
    """
    sizes = (3, block.heads, -1) if block.released else (block.heads, 3, -1)
    parts = stacked.reshape(*stacked.shape[:dim], *sizes, *stacked.shape[dim + 1 :])
    q, k, v = parts.unbind(dim if block.released else dim + 1)
    return q, k, v


def attention(q_BGdN: Tensor, k_BGdN: Tensor) -> Tensor:
    """softmax(q k^T / sqrt(d)): (B, G, d, d), over the last axis."""
    energies: Tensor = q_BGdN @ k_BGdN.transpose(2, 3) / q_BGdN.shape[2] ** 0.5
    return energies.softmax(dim=-1)
