"""The weights of local and global branches: their values, and how the two share the output.

The share of local branches is alpha_local / (alpha_local + alpha_global), of means over channels where each
has its own. The entropy of the two shares, in shares of ln 2, is 1 where they are equal.

Shapes: A kinds of branches, C channels."""

from dataclasses import dataclass

import torch

from lga.attention import LocalGlobalVariant
from lga.instruments.entropy import entropy_share


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
    """Reads the alphas of a block."""
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
