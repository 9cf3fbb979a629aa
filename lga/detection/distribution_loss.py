"""The distribution term: cross-entropy of each side's bins against the two bins beside the true distance.

Source: Distribution Focal Loss (Li et al., 2020), https://arxiv.org/abs/2006.04388, equation (6).

Shapes: F assigned anchors, 64 = 4 sides x 16 bins.
"""

import torch
from torch import Tensor

MARGIN = 0.01  # keeps a distance below the last bin, so that it has a bin on either side


def side_distances(centres: Tensor, targets: Tensor, bins: int) -> Tensor:
    """Return left, top, right, bottom distances (F, 4) in cells, clamped to what `bins` bins can say.

    Args:
        centres: (F, 2) x and y of the anchors, in cells.
        targets: (F, 4) xyxy, in cells.
        bins: number of bins, of which the first stands for 0.
    """
    distances = torch.cat((centres - targets[:, :2], targets[:, 2:] - centres), 1)
    return distances.clamp(0, bins - 1 - MARGIN)


def distribution_loss(box_logits: Tensor, distances: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum, over anchors, of the mean over the four sides; a scalar.

    Args:
        box_logits: (F, 64).
        distances: (F, 4) in cells, below the last bin.
        weights: (F,).
    """
    log_probabilities = box_logits.reshape(-1, 4, box_logits.shape[1] // 4).log_softmax(2)
    lower = distances.floor()
    upper_share = distances - lower
    near = log_probabilities.gather(2, lower.long().unsqueeze(2)).squeeze(2)
    far = log_probabilities.gather(2, lower.long().unsqueeze(2) + 1).squeeze(2)
    cross_entropy: Tensor = -(near * (1 - upper_share) + far * upper_share)
    return (cross_entropy.mean(1) * weights).sum()
