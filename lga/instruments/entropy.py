"""The entropy of weights that sum to 1, as a share of the largest they can have.

-sum_i p_i ln(p_i) / ln(n)     in nats over nats: 0 for one weight of 1, 1 for n equal weights"""

import math

import torch
from torch import Tensor


def entropy_share(weights: Tensor, dim: int) -> Tensor | None:
    """The share along ``dim``, which goes; None for a single weight, whose entropy is 0 of 0."""
    n = weights.shape[dim]
    return torch.special.entr(weights).sum(dim) / math.log(n) if n > 1 else None
