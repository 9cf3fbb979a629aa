"""The detector's loss: box, class and distribution terms over task-aligned targets.

Source: the loss of the YOLOv8 family, with which the paper's detectors were trained. Each term is divided
by the sum of all target scores, at least 1; the total is the batch size times the sum of the weighted
terms. The division is left to the caller, who may have other parts of the batch elsewhere; that toolchain
takes each device's own sum and size.

Shapes: B batch, A anchors of all levels together, F assigned anchors, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from lga.detection.assigner import assign
from lga.detection.box_loss import box_loss
from lga.detection.class_loss import class_loss
from lga.detection.decode import decode, distances_to_boxes, expected_distances, flatten_levels
from lga.detection.distribution_loss import distribution_loss, side_distances
from lga.detection.targets import PaddedTargets


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

    image, anchor = assignment.assigned.nonzero(as_tuple=True)
    weights = assignment.scores[image, anchor].sum(1)
    centres, box_logits = raw.centres[anchor], raw.box_logits[image, anchor]
    target_boxes = assignment.boxes[image, anchor] / raw.strides[anchor]
    predicted = distances_to_boxes(expected_distances(box_logits, bin_values), centres)
    distances = side_distances(centres, target_boxes, bin_values.numel())

    terms = {
        "box": gains.box * box_loss(predicted, target_boxes, weights),
        "class": gains.classes * class_loss(raw.class_logits, assignment.scores),
        "distribution": gains.distribution * distribution_loss(box_logits, distances, weights),
    }
    return LossSums(terms, assignment.scores.sum(), levels[0].shape[0])
