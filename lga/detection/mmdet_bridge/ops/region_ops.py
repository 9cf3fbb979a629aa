"""RoIAlign as mmcv's wrapper calls its compiled module, by torchvision's operation.

Source of the conventions: mmcv/ops/roi_align.py (Apache-2.0). He et al. (2017),
https://arxiv.org/abs/1703.06870.

Shapes: B images, C channels, R regions, h w cells of each; regions are (index of the image, x1, y1, x2, y2).
"""

import torch
from torch import Tensor

from lga.detection.mmdet_bridge.ops.precision import computable
from lga.system.errors import UserError

AVERAGE = 1


def roi_align_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Fill `output` (R, C, h, w) from maps (B, C, H, W) and regions (R, 5).

    Raises:
        UserError: the mode is not the average: torchvision has no other.
    """
    if pool_mode != AVERAGE:
        raise UserError(
            "RoIAlign with pool_mode='max' needs an mmcv with compiled ops; choose pool_mode='avg', "
            "mmdet's default"
        )
    cells = (spatial_scale, aligned_height, aligned_width, sampling_ratio, aligned)
    output.copy_(torch.ops.torchvision.roi_align(computable(input), computable(rois), *cells))


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Fill `grad_input` (B, C, H, W) from the gradient of the output (R, C, h, w)."""
    cells = (spatial_scale, aligned_height, aligned_width)
    rule = (sampling_ratio, aligned)
    backward = torch.ops.torchvision._roi_align_backward
    gradient = backward(computable(grad_output), computable(rois), *cells, *grad_input.shape, *rule)
    grad_input.copy_(gradient)
