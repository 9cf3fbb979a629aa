"""How sharp a branch's attention is, and how much that depends on the image.

The attention of a head has a row a channel, softmax(q k^T / sqrt(d)); a row's entropy is a share of ln d. In
the released block these weights are computed from its queries and keys as the paper has them, but they have
no effect on its output (see lga/attention/local_global/collapse.py).

Shapes: B images, G heads, d channels of a head, N positions."""

from dataclasses import dataclass

from torch import Tensor

from lga.instruments.anatomy import attention
from lga.instruments.entropy import entropy_share


@dataclass(frozen=True)
class AttentionState:
    """Mean entropy over images, heads and rows; the variance, over images, of an image's mean entropy."""

    entropy: float
    variance: float


def attention_state(q_BGdN: Tensor, k_BGdN: Tensor) -> AttentionState | None:
    """The state of one branch; None for heads of one channel, which attend to nothing else."""
    entropies = entropy_share(attention(q_BGdN, k_BGdN), dim=-1)
    if entropies is None:
        return None
    of_images = entropies.flatten(1).mean(dim=1)
    return AttentionState(float(of_images.mean()), float(of_images.var(correction=0)))
