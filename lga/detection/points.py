"""Anchor points: the centres of the cells of each level.

Shapes: A anchors of all levels together, levels in order, each row by row.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


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
