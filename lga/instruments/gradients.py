"""The gradients that reach a block: norms of queries, keys and values by branch, and what none ever reaches.

Sampled before an optimizer's step. Nothing is read back from the device until an epoch ends. That a gradient
is exactly zero is known by its elements, not by a norm that could have underflowed.

Shapes: C channels, G heads, d = C/G channels of a head."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lga.attention import LocalGlobalVariant
from lga.instruments.blocks import cut, named_branches

PARTS = ("q", "k", "v")


@dataclass(frozen=True)
class GradientState:
    """Of an epoch's samples: mean L2 norms by branch and part, weights and biases together.

    ``dead`` is the share of the block's trained numbers whose gradient was exactly zero at every sample, and
    ``dead_by_parameter`` that of each parameter that has any.
    """

    samples: int
    norms: dict[str, dict[str, float]]
    dead: float
    dead_by_parameter: dict[str, float]


class GradientSampler:
    """Collects an epoch's samples of one block."""

    def __init__(self, block: LocalGlobalVariant) -> None:
        self._block = block
        self._trained = {name: p for name, p in block.named_parameters() if p.requires_grad}
        self._branches = {
            name: conv.pointwise
            for name, conv in named_branches(block).items()
            if conv.pointwise.weight.requires_grad
        }
        self.reset()

    def reset(self) -> None:
        """Forget the samples."""
        self._samples = 0
        self._reached: dict[str, Tensor] = {}
        self._norms: Tensor | None = None

    @torch.no_grad()
    def sample(self) -> None:
        """Add the gradients as they are now."""
        for name, parameter in self._trained.items():
            if parameter.grad is None:
                continue
            reached = parameter.grad != 0
            self._reached[name] = self._reached[name] | reached if name in self._reached else reached
        if self._branches:
            norms = _norms(torch.stack([self._parts(conv) for conv in self._branches.values()]))
            self._norms = norms if self._norms is None else self._norms + norms
        self._samples += 1

    def _parts(self, conv: nn.Conv2d) -> Tensor:
        """(3, C, d + 1): the gradients of the rows of queries, keys and values, biases last."""
        weight, bias = conv.weight, conv.bias
        columns = [_gradient(weight).flatten(1)]
        if bias is not None:
            columns.append(_gradient(bias)[:, None])
        rows = torch.cat(columns, dim=1)
        return torch.stack([part.flatten(0, 1) for part in cut(self._block, rows, dim=0)])

    def state(self) -> GradientState | None:
        """Return what the samples since the last `reset` say; None without any."""
        if not self._samples:
            return None
        means = [] if self._norms is None else (self._norms / self._samples).tolist()
        norms = {
            name: dict(zip(PARTS, parts, strict=True))
            for name, parts in zip(self._branches, means, strict=True)
        }
        sizes = {name: parameter.numel() for name, parameter in self._trained.items()}
        alive = {name: int(reached.sum()) for name, reached in self._reached.items()}
        dead = {name: 1 - alive.get(name, 0) / size for name, size in sizes.items()}
        return GradientState(
            samples=self._samples,
            norms=norms,
            dead=1 - sum(alive.values()) / max(1, sum(sizes.values())),
            dead_by_parameter={name: share for name, share in dead.items() if share > 0},
        )


def _gradient(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _norms(parts_J3Cn: Tensor) -> Tensor:
    """L2 norms (J, 3), scaled by the largest element so that only zeros have a norm of zero."""
    flat = parts_J3Cn.float().flatten(2)
    largest = flat.abs().amax(dim=2, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny)
    norms: Tensor = largest.squeeze(2) * torch.linalg.vector_norm(flat / largest, dim=2)
    return norms
