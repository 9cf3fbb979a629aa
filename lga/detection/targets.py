"""A batch's targets as one padded tensor, so that no step loops over images.

Shapes: B batch, M most targets on an image, N targets of the batch.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from lga.structures import DetectionBatch


@dataclass
class PaddedTargets:
    """The targets of each image, padded to the same number.

    Attributes:
        boxes: (B, M, 4) xyxy in pixels; 0 where there is no target.
        labels: (B, M), int64; 0 where there is no target.
        exists: (B, M), bool.
    """

    boxes: Tensor
    labels: Tensor
    exists: Tensor


def pad_targets(batch: DetectionBatch) -> PaddedTargets:
    """Return the batch's targets, those to be ignored left out."""
    kept = ~batch.ignore
    index, order = batch.image_index[kept].sort(stable=True)
    boxes, labels = batch.boxes[kept][order].float(), batch.labels[kept][order]
    images = batch.images.shape[0]
    counts = torch.bincount(index, minlength=images)
    first = counts.cumsum(0) - counts
    slot = torch.arange(index.numel(), device=index.device) - first[index]
    most = int(counts.max()) if index.numel() else 0
    padded = PaddedTargets(
        boxes.new_zeros(images, most, 4),
        labels.new_zeros(images, most),
        torch.zeros(images, most, dtype=torch.bool, device=index.device),
    )
    padded.boxes[index, slot] = boxes
    padded.labels[index, slot] = labels
    padded.exists[index, slot] = True
    return padded
