"""Deformable convolution, plain and modulated, as mmcv's wrappers call its compiled module, by torchvision's.

Both are of one origin and lay offsets out alike: (y, x) of each tap in turn, group by group.

Source of the conventions: mmcv/ops/deform_conv.py and modulated_deform_conv.py (Apache-2.0). Dai et al.
(2017), https://arxiv.org/abs/1703.06211; Zhu et al. (2019), https://arxiv.org/abs/1811.11168.

Shapes: B batch, C channels, H W height and width, h w those of the output, G groups of offsets, k taps of
the kernel; input (B, C_in, H, W), weight (C_out, C_in / groups, kH, kW), offset (B, 2 G k, h, w), mask
(B, G k, h, w).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from lga.detection.mmdet_bridge.ops.precision import computable


class Geometry(NamedTuple):
    """What torchvision's operations take after the tensors, in their order."""

    stride_h: int
    stride_w: int
    pad_h: int
    pad_w: int
    dilation_h: int
    dilation_w: int
    groups: int
    offset_groups: int
    use_mask: bool


class Gradients(NamedTuple):
    """The gradients of a deformable convolution's operands."""

    input: Tensor
    weight: Tensor
    offset: Tensor
    mask: Tensor
    bias: Tensor


def deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    output: Tensor,
    columns: Tensor,
    ones: Tensor,
    kW: int,
    kH: int,
    dW: int,
    dH: int,
    padW: int,
    padH: int,
    dilationW: int,
    dilationH: int,
    group: int,
    deformable_group: int,
    im2col_step: int,
) -> None:
    """Fill `output` (B, C_out, h, w)."""
    geometry = Geometry(dH, dW, padH, padW, dilationH, dilationW, group, deformable_group, use_mask=False)
    output.copy_(_convolved(input, weight, offset, None, None, geometry))


def deform_conv_backward_input(
    input: Tensor,
    offset: Tensor,
    gradOutput: Tensor,
    gradInput: Tensor,
    gradOffset: Tensor,
    weight: Tensor,
    columns: Tensor,
    kW: int,
    kH: int,
    dW: int,
    dH: int,
    padW: int,
    padH: int,
    dilationW: int,
    dilationH: int,
    group: int,
    deformable_group: int,
    im2col_step: int,
) -> None:
    """Fill the gradients of the input and of the offsets."""
    geometry = Geometry(dH, dW, padH, padW, dilationH, dilationW, group, deformable_group, use_mask=False)
    found = _gradients(gradOutput, input, weight, offset, None, None, geometry)
    gradInput.copy_(found.input)
    gradOffset.copy_(found.offset)


def deform_conv_backward_parameters(
    input: Tensor,
    offset: Tensor,
    gradOutput: Tensor,
    gradWeight: Tensor,
    columns: Tensor,
    ones: Tensor,
    kW: int,
    kH: int,
    dW: int,
    dH: int,
    padW: int,
    padH: int,
    dilationW: int,
    dilationH: int,
    group: int,
    deformable_group: int,
    scale: float,
    im2col_step: int,
) -> None:
    """Add `scale` times the gradient of the weight to `gradWeight`, which does not say the kernel's values.

    That gradient does not depend on them, so that zeros stand for the weight.
    """
    geometry = Geometry(dH, dW, padH, padW, dilationH, dilationW, group, deformable_group, use_mask=False)
    found = _gradients(gradOutput, input, torch.zeros_like(gradWeight), offset, None, None, geometry)
    gradWeight.add_(found.weight, alpha=scale)


def modulated_deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    output: Tensor,
    columns: Tensor,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    group: int,
    deformable_group: int,
    with_bias: bool,
) -> None:
    """Fill `output` (B, C_out, h, w)."""
    steps = (stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w)
    geometry = Geometry(*steps, group, deformable_group, use_mask=True)
    output.copy_(_convolved(input, weight, offset, mask, bias if with_bias else None, geometry))


def modulated_deform_conv_backward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    columns: Tensor,
    grad_input: Tensor,
    grad_weight: Tensor,
    grad_bias: Tensor,
    grad_offset: Tensor,
    grad_mask: Tensor,
    grad_output: Tensor,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    group: int,
    deformable_group: int,
    with_bias: bool,
) -> None:
    """Fill the gradients of all operands, that of the bias where there is one."""
    steps = (stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w)
    geometry = Geometry(*steps, group, deformable_group, use_mask=True)
    found = _gradients(grad_output, input, weight, offset, mask, bias if with_bias else None, geometry)
    grad_input.copy_(found.input)
    grad_weight.copy_(found.weight)
    grad_offset.copy_(found.offset)
    grad_mask.copy_(found.mask)
    if with_bias:
        grad_bias.copy_(found.bias)


def _convolved(
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    mask: Tensor | None,
    bias: Tensor | None,
    geometry: Geometry,
) -> Tensor:
    operands = _operands(input, weight, offset, mask, bias)
    output: Tensor = torch.ops.torchvision.deform_conv2d(*operands, *geometry)
    return output


def _gradients(
    gradient: Tensor,
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    mask: Tensor | None,
    bias: Tensor | None,
    geometry: Geometry,
) -> Gradients:
    operands = _operands(input, weight, offset, mask, bias)
    found = torch.ops.torchvision._deform_conv2d_backward(computable(gradient), *operands, *geometry)
    return Gradients(*found)


def _operands(
    input: Tensor, weight: Tensor, offset: Tensor, mask: Tensor | None, bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Return the tensors in torchvision's order, with a mask and a bias that it reads only if it is to."""
    mask = input.new_zeros(input.shape[0], 1) if mask is None else mask
    bias = input.new_zeros(weight.shape[0]) if bias is None else bias
    return tuple(computable(tensor).contiguous() for tensor in (input, weight, offset, mask, bias))
