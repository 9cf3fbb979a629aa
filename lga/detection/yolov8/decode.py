"""From raw maps to boxes: logits to distances, distances to corners.

Source: Generalized Focal Loss (Li et al., 2020), https://arxiv.org/abs/2006.04388, equation (6): a side's
distance is the expectation of a distribution over bins.

Shapes: B batch, A anchors, the centres of the cells of all levels in order, each row by row; K classes, 64 =
4 sides x 16 bins; `...` any leading axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lga.detection.yolov8.head import BOX_LOGITS, STRIDES


def anchor_points(
    sizes: Sequence[tuple[int, int]], strides: Sequence[int], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return where the anchors stand and how large their cells are.

    Args:
        sizes: height and width of each level, in cells.
        strides: pixels per cell of each level.
        device: where the tensors are made.

    Returns:
        Centres (A, 2), x and y in cells of the anchor's own level; strides (A, 1) in pixels.
    """
    centres, steps = [], []
    for (height, width), stride in zip(sizes, strides, strict=True):
        y = torch.arange(height, device=device, dtype=torch.float32) + 0.5
        x = torch.arange(width, device=device, dtype=torch.float32) + 0.5
        grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
        centres.append(torch.stack((grid_x, grid_y), -1).view(-1, 2))
        steps.append(torch.full((height * width, 1), float(stride), device=device))
    return torch.cat(centres), torch.cat(steps)


@dataclass
class RawPredictions:
    """A head's maps, flattened to anchors, in float32 at least.

    Attributes:
        box_logits: (B, A, 64).
        class_logits: (B, A, K).
        centres: (A, 2), x and y in cells of the anchor's level.
        strides: (A, 1), pixels per cell.
    """

    box_logits: Tensor
    class_logits: Tensor
    centres: Tensor
    strides: Tensor


def flatten_levels(levels: Sequence[Tensor]) -> RawPredictions:
    """Return the raw maps (B, 64 + K, H, W) of the three levels as one list of anchors."""
    flat = torch.cat([level.flatten(2) for level in levels], 2).transpose(1, 2)
    flat = flat.to(torch.promote_types(flat.dtype, torch.float32))
    sizes = [(level.shape[2], level.shape[3]) for level in levels]
    centres, strides = anchor_points(sizes, STRIDES, flat.device)
    return RawPredictions(flat[..., :BOX_LOGITS], flat[..., BOX_LOGITS:], centres, strides)


def expected_distances(box_logits: Tensor, bin_values: Tensor) -> Tensor:
    """Return left, top, right, bottom distances (..., 4) in cells.

    Args:
        box_logits: (..., 64).
        bin_values: the distance of each bin, 16 entries in any shape.
    """
    probabilities = box_logits.reshape(*box_logits.shape[:-1], 4, bin_values.numel()).softmax(-1)
    # Not a matrix product, which autocast would compute in half precision, hundredths of a cell off.
    return (probabilities * bin_values.flatten()).sum(-1)


def distances_to_boxes(distances: Tensor, centres: Tensor) -> Tensor:
    """Return boxes (..., 4) xyxy from left, top, right, bottom distances (..., 4) to centres (..., 2)."""
    return torch.cat((centres - distances[..., :2], centres + distances[..., 2:]), -1)


def decode(raw: RawPredictions, bin_values: Tensor) -> tuple[Tensor, Tensor]:
    """Return boxes (B, A, 4) xyxy in pixels and class probabilities (B, A, K)."""
    boxes = distances_to_boxes(expected_distances(raw.box_logits, bin_values), raw.centres) * raw.strides
    return boxes, raw.class_logits.sigmoid()
