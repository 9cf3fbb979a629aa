"""The box term: one minus complete IoU, weighted.

Shapes: F assigned anchors.
"""

from torch import Tensor

from lga.detection.ciou import complete_iou


def box_loss(boxes: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum of 1 - CIoU, a scalar.

    Args:
        boxes: (F, 4) predicted, xyxy in cells.
        targets: (F, 4) xyxy in cells.
        weights: (F,).
    """
    return ((1 - complete_iou(boxes, targets)) * weights).sum()
