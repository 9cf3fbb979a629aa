"""The class term: binary cross-entropy of every anchor and class against its target score.

Shapes: B batch, A anchors, K classes.
"""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def class_loss(class_logits: Tensor, target_scores: Tensor) -> Tensor:
    """Return the sum over logits (B, A, K) against target scores (B, A, K) in [0, 1]; a scalar."""
    return binary_cross_entropy_with_logits(class_logits, target_scores, reduction="sum")
