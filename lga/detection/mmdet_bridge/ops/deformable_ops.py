"""Deformable convolution, plain and modulated, as mmcv's wrappers call its compiled module, by torchvision's.

Both are of one origin and lay offsets out alike: (y, x) of each tap in turn, group by group.

Source of the conventions: mmcv/ops/deform_conv.py and modulated_deform_conv.py (Apache-2.0), which hand over
tensors by position and the convolution's settings by name. Dai et al. (2017),
https://arxiv.org/abs/1703.06211; Zhu et al. (2019), https://arxiv.org/abs/1811.11168.

Shapes: B batch, C channels, H W height and width, h w those of the output, G groups of offsets, k taps of
the kernel; input (B, C_in, H, W), weight (C_out, C_in / groups, kH, kW), offset (B, 2 G k, h, w), mask
(B, G k, h, w). The wrappers' buffers (`columns`, `ones`) are not needed.
"""

from typing import Any

import torch
from torch import Tensor

from lga.detection.mmdet_bridge.ops.box_ops import computable


def deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    offset: Tensor,
    output: Tensor,
    columns: Tensor,
    ones: Tensor,
    **settings: Any,
) -> None:
    """Fill `output` (B, C_out, h, w)."""
    output.copy_(_convolved(_operands(input, weight, offset), _plain(settings)))


def deform_conv_backward_input(
    input: Tensor,
    offset: Tensor,
    grad_output: Tensor,
    grad_input: Tensor,
    grad_offset: Tensor,
    weight: Tensor,
    columns: Tensor,
    **settings: Any,
) -> None:
    """Fill the gradients of the input and of the offsets."""
    found = _gradients(grad_output, _operands(input, weight, offset), _plain(settings))
    grad_input.copy_(found[0])
    grad_offset.copy_(found[2])


def deform_conv_backward_parameters(
    input: Tensor,
    offset: Tensor,
    grad_output: Tensor,
    grad_weight: Tensor,
    columns: Tensor,
    ones: Tensor,
    scale: float,
    **settings: Any,
) -> None:
    """Add `scale` times the gradient of the weight to `grad_weight`.

    That gradient does not depend on the kernel's values, which are not given: zeros stand for them.
    """
    operands = _operands(input, torch.zeros_like(grad_weight), offset)
    grad_weight.add_(_gradients(grad_output, operands, _plain(settings))[1], alpha=scale)


def modulated_deform_conv_forward(
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    ones: Tensor,
    offset: Tensor,
    mask: Tensor,
    output: Tensor,
    columns: Tensor,
    with_bias: bool,
    **settings: Any,
) -> None:
    """Fill `output` (B, C_out, h, w)."""
    operands = _operands(input, weight, offset, mask, bias if with_bias else None)
    output.copy_(_convolved(operands, _modulated(settings)))


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
    with_bias: bool,
    **settings: Any,
) -> None:
    """Fill the gradients of all operands, that of the bias where there is one."""
    operands = _operands(input, weight, offset, mask, bias if with_bias else None)
    filled = (grad_input, grad_weight, grad_offset, grad_mask, grad_bias)
    for target, gradient in zip(filled, _gradients(grad_output, operands, _modulated(settings)), strict=True):
        if with_bias or target is not grad_bias:
            target.copy_(gradient)


def _plain(settings: dict[str, Any]) -> tuple[Any, ...]:
    """Return the settings of a plain one as torchvision takes them, the use of a mask last."""
    names = ("dH", "dW", "padH", "padW", "dilationH", "dilationW", "group", "deformable_group")
    return *(settings[name] for name in names), False


def _modulated(settings: dict[str, Any]) -> tuple[Any, ...]:
    """Return the settings of a modulated one as torchvision takes them, the use of a mask last."""
    steps = (f"{what}_{side}" for what in ("stride", "pad", "dilation") for side in "hw")
    return *(settings[name] for name in (*steps, "group", "deformable_group")), True


def _operands(
    input: Tensor, weight: Tensor, offset: Tensor, mask: Tensor | None = None, bias: Tensor | None = None
) -> tuple[Tensor, ...]:
    """Return the tensors in torchvision's order, with a mask and a bias that it reads only if it is to."""
    mask = input.new_zeros(input.shape[0], 1) if mask is None else mask
    bias = input.new_zeros(weight.shape[0]) if bias is None else bias
    return tuple(computable(tensor).contiguous() for tensor in (input, weight, offset, mask, bias))


def _convolved(operands: tuple[Tensor, ...], settings: tuple[Any, ...]) -> Tensor:
    output: Tensor = torch.ops.torchvision.deform_conv2d(*operands, *settings)
    return output


def _gradients(
    gradient: Tensor, operands: tuple[Tensor, ...], settings: tuple[Any, ...]
) -> tuple[Tensor, ...]:
    """Return the gradients of the operands, in their order."""
    found = torch.ops.torchvision._deform_conv2d_backward(computable(gradient), *operands, *settings)
    return tuple(found)
