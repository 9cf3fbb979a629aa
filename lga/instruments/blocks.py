"""Find the Local-Global blocks of a model, and compute the maps between a block's parts step by step.

A task that judges a moving average holds the block twice: the trained one, and a frozen copy that validation
runs. Blocks come in the order of `named_modules`, which copying keeps, so that the copies can be told apart.

    z   = x + position + sum_i gate_i * enlarge(scale_i(x))
    out = out_conv(sum over kinds of alpha * (mean of its branches on z + x))  [+ x]

The block computes the same faster and keeps none of it; the instruments compute it again.

Shapes: B batch, C channels, G heads, d = C/G channels of a head, H W map, N = H*W, S scales and the map
itself.
"""

from collections import Counter
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention import LocalGlobalVariant
from lga.attention.local_global.collapse import SeparableConv


def named_branches(block: LocalGlobalVariant) -> dict[str, SeparableConv]:
    """Return the branches as "local 3x3", "global 11x11"; a name that would come again is numbered."""
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
    """Return a branch's map (B, C, H, W) of its queries, keys and values (B, 3C, H, W)."""
    q, k, v = cut(block, stacked.flatten(2), dim=1)
    # Released attention sums to 1 over what the values are not summed over.
    attended = v.sum(dim=2, keepdim=True).expand_as(v) if block.released else attention(q, k) @ v
    return attended.reshape(stacked.shape[0], -1, *stacked.shape[2:])


def cut(block: LocalGlobalVariant, stacked: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values (G, d) of the 3C along ``dim``.

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


@dataclass(frozen=True)
class TracedBlock:
    """A trained block under its name in the model, and its frozen copy if the model has one."""

    name: str
    trained: LocalGlobalVariant
    copy: LocalGlobalVariant | None

    @property
    def candidates(self) -> list[LocalGlobalVariant]:
        """The blocks that validation may run."""
        return [self.trained] if self.copy is None else [self.trained, self.copy]


def find_blocks(model: nn.Module) -> list[TracedBlock]:
    """Return the Local-Global blocks of ``model``; the frozen ones alone, if none is trained."""
    found = [
        (name, module) for name, module in model.named_modules() if isinstance(module, LocalGlobalVariant)
    ]
    trained = [(name, block) for name, block in found if any(p.requires_grad for p in block.parameters())]
    trained = trained or found
    frozen = [block for _, block in found if all(block is not other for _, other in trained)]
    copies: list[LocalGlobalVariant | None] = [None] * len(trained)
    if [_kind(block) for block in frozen] == [_kind(block) for _, block in trained]:
        copies = [*frozen]
    return [TracedBlock(name, block, copy) for (name, block), copy in zip(trained, copies, strict=True)]


def _kind(block: LocalGlobalVariant) -> tuple[type[nn.Module], int, int]:
    return type(block), block.channels, block.heads
