"""The detector's loss: box, class and distribution terms over task-aligned targets.

Source: the loss of the YOLOv8 family, with which the paper's detectors were trained. Each term is divided
by the sum of all target scores, at least 1; the total is the batch size times the sum of the weighted
terms. Where a batch is divided over devices, the sum of scores and the size are the whole batch's; that
toolchain takes each device's own.

Shapes: B batch, A anchors of all levels together, F assigned anchors, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from lga.detection.assigner import assign
from lga.detection.box_loss import box_loss
from lga.detection.class_loss import class_loss
from lga.detection.decode import decode, distances_to_boxes, expected_distances, flatten_levels
from lga.detection.distribution_loss import distribution_loss, side_distances
from lga.detection.targets import PaddedTargets
from lga.structures.batch_share import BatchShare


@dataclass(frozen=True)
class LossGains:
    """Factors of the terms; the defaults are those of the paper's toolchain."""

    box: float = 7.5
    classes: float = 0.5
    distribution: float = 1.5


PAPER_GAINS = LossGains()


def detection_loss(
    levels: Sequence[Tensor],
    targets: PaddedTargets,
    bin_values: Tensor,
    gains: LossGains = PAPER_GAINS,
    share: BatchShare | None = None,
) -> dict[str, Tensor]:
    """Return the loss terms, gains included, and their total, all scalars.

    Args:
        levels: raw maps (B, 64 + K, H, W) at strides 8, 16, 32.
        targets: the batch's targets.
        bin_values: the distance of each bin, 16 entries.
        gains: factors of the terms.
        share: of the whole batch, where it is divided; every device must then call at once.

    Returns:
        `box`, `class`, `distribution`, and `total`: the batch size times their sum, to be minimised. Of
        shares they are such that their means by `share.weight` are those of the whole batch.
    """
    raw = flatten_levels(levels)
    with torch.no_grad():
        boxes, probabilities = decode(raw, bin_values)
    assignment = assign(probabilities, boxes, raw.centres * raw.strides, targets)
    norm = _norm(assignment.scores, share)

    image, anchor = assignment.assigned.nonzero(as_tuple=True)
    weights = assignment.scores[image, anchor].sum(1)
    centres, box_logits = raw.centres[anchor], raw.box_logits[image, anchor]
    target_boxes = assignment.boxes[image, anchor] / raw.strides[anchor]
    predicted = distances_to_boxes(expected_distances(box_logits, bin_values), centres)
    distances = side_distances(centres, target_boxes, bin_values.numel())

    terms = {
        "box": gains.box * box_loss(predicted, target_boxes, weights) / norm,
        "class": gains.classes * class_loss(raw.class_logits, assignment.scores) / norm,
        "distribution": gains.distribution * distribution_loss(box_logits, distances, weights) / norm,
    }
    size = levels[0].shape[0] if share is None else share.whole
    return {**terms, "total": size * torch.stack(list(terms.values())).sum()}


def _norm(scores: Tensor, share: BatchShare | None) -> Tensor:
    """Return the sum of the batch's scores (B, A, K), at least 1; of a share, its part by weight."""
    if share is None:
        return scores.sum().clamp(min=1)
    total = scores.sum() * float(share.counts)
    dist.all_reduce(total)
    return total.clamp(min=1) * (share.weight or 1.0)  # what has no weight is not to be divided by 0
