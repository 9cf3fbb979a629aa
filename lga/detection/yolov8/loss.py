"""The detector's loss: box, class and distribution terms over task-aligned targets.

Source: the loss of the YOLOv8 family, with which the paper's detectors were trained. Each term is divided
by the sum of all target scores, at least 1; the total is the batch size times the sum of the weighted
terms. The division is left to the caller, who may have other parts of the batch elsewhere; that toolchain
takes each device's own sum and size.

- Box: one minus complete IoU, weighted.
- Class: binary cross-entropy of every anchor and class against its target score.
- Distribution: cross-entropy of each side's bins against the two bins beside the true distance; Distribution
  Focal Loss (Li et al., 2020), https://arxiv.org/abs/2006.04388, equation (6).

Shapes: B batch, A anchors of all levels together, F assigned anchors, or (B, A) all of them, with weight 0
where none is assigned; K classes, 64 = 4 sides x 16 bins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from lga.detection.yolov8.assigner import PaddedTargets, assign, reads_nothing
from lga.detection.yolov8.decode import decode, distances_to_boxes, expected_distances, flatten_levels
from lga.structures.boxes import complete_iou

MARGIN = 0.01  # keeps a distance below the last bin, so that it has a bin on either side


def side_distances(centres: Tensor, targets: Tensor, bins: int) -> Tensor:
    """Return left, top, right, bottom distances (F, 4) in cells, clamped to what `bins` bins can say.

    Args:
        centres: (F, 2) x and y of the anchors, in cells.
        targets: (F, 4) xyxy, in cells.
        bins: number of bins, of which the first stands for 0.
    """
    distances = torch.cat((centres - targets[..., :2], targets[..., 2:] - centres), -1)
    return distances.clamp(0, bins - 1 - MARGIN)


def distribution_loss(box_logits: Tensor, distances: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum, over anchors, of the mean over the four sides; a scalar.

    Args:
        box_logits: (F, 64).
        distances: (F, 4) in cells, below the last bin.
        weights: (F,).
    """
    bins = box_logits.shape[-1] // 4
    log_probabilities = box_logits.reshape(*distances.shape, bins).log_softmax(-1)
    lower = distances.floor()
    upper_share = distances - lower
    near = log_probabilities.gather(-1, lower.long().unsqueeze(-1)).squeeze(-1)
    far = log_probabilities.gather(-1, lower.long().unsqueeze(-1) + 1).squeeze(-1)
    cross_entropy: Tensor = -(near * (1 - upper_share) + far * upper_share)
    return (cross_entropy.mean(-1) * weights).sum()


def class_loss(class_logits: Tensor, target_scores: Tensor) -> Tensor:
    """Return the sum over logits (B, A, K) against target scores (B, A, K) in [0, 1]; a scalar."""
    return binary_cross_entropy_with_logits(class_logits, target_scores, reduction="sum")


def box_loss(boxes: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum of 1 - CIoU, a scalar.

    Args:
        boxes: (F, 4) predicted, xyxy in cells.
        targets: (F, 4) xyxy in cells.
        weights: (F,).
    """
    return ((1 - complete_iou(boxes, targets)) * weights).sum()


@dataclass(frozen=True)
class LossGains:
    """Factors of the terms; the defaults are those of the paper's toolchain."""

    box: float = 7.5
    classes: float = 0.5
    distribution: float = 1.5


PAPER_GAINS = LossGains()


class LossSums(NamedTuple):
    """The loss of a batch before its division.

    Attributes:
        terms: `box`, `class` and `distribution`, gains included, scalars: sums over anchors and images.
        norm: sum of all target scores, a scalar.
        images: in the batch.
    """

    terms: dict[str, Tensor]
    norm: Tensor
    images: int

    def divided(self, weight: float = 1.0) -> dict[str, Tensor]:
        """Return each term by the norm, and the `total` to minimise: their sum times the number of images.

        Args:
            weight: of this part in the mean over the parts of a batch, where norm and images are the whole
                batch's; above 0.
        """
        norm = self.norm.clamp(min=1) * weight
        means = {name: term / norm for name, term in self.terms.items()}
        return {**means, "total": self.images * torch.stack(list(means.values())).sum()}


def detection_loss(
    levels: Sequence[Tensor],
    targets: PaddedTargets,
    bin_values: Tensor,
    gains: LossGains = PAPER_GAINS,
) -> LossSums:
    """Return the loss terms of a batch, and what they are to be divided by.

    Args:
        levels: raw maps (B, 64 + K, H, W) at strides 8, 16, 32.
        targets: the batch's targets.
        bin_values: the distance of each bin, 16 entries.
        gains: factors of the terms.
    """
    raw = flatten_levels(levels)
    with torch.no_grad():
        boxes, probabilities = decode(raw, bin_values)
    assignment = assign(probabilities, boxes, raw.centres * raw.strides, targets)

    rows = (...,) if reads_nothing(targets, boxes) else assignment.assigned.nonzero(as_tuple=True)
    weights = assignment.scores[rows].sum(-1)
    centres, box_logits = raw.centres[rows[-1]], raw.box_logits[rows]
    target_boxes = assignment.boxes[rows] / raw.strides[rows[-1]]
    predicted = distances_to_boxes(expected_distances(box_logits, bin_values), centres)
    distances = side_distances(centres, target_boxes, bin_values.numel())

    terms = {
        "box": gains.box * box_loss(predicted, target_boxes, weights),
        "class": gains.classes * class_loss(raw.class_logits, assignment.scores),
        "distribution": gains.distribution * distribution_loss(box_logits, distances, weights),
    }
    return LossSums(terms, assignment.scores.sum(), levels[0].shape[0])
