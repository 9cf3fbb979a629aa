"""Local-Global Attention for other runtimes: plain convolutions with folded weights, one size of maps.

The same collapse of the released contraction as in training, without gradients. Other runtimes have
convolutions and no fast path through spectra, so the joint kernels are a grouped KxK convolution here:

    z   = x + position + sum_i gate_i * enlarge(scale_i(x))     on the channels that are read
    u   = grouped convolution of z, every slot of every read group
    out = 1x1 convolution of x and u; slots that no head reads have zero weights

The position is resized beforehand, in all blocks: by nearest neighbour from 14 x 14 to 2, 4, 8 or 16 other
runtimes round another way (ONNX Runtime does).

Shapes: B batch, C channels, G heads, R read groups, S slots of each, H W map, K kernel size."""

from copy import deepcopy
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention.local_global.block import LocalGlobalVariant
from lga.attention.local_global.collapse import SeparableConv, bias_of, first_read_group


@torch.no_grad()
def make_exportable(network: nn.Module, images: Tensor) -> None:
    """Replace every Local-Global Attention in `network` for the map sizes that `images` lead to."""
    sizes: dict[str, tuple[int, int]] = {}

    def note_size(name: str, block: nn.Module, inputs: tuple[Tensor]) -> None:
        sizes[name] = (inputs[0].shape[2], inputs[0].shape[3])

    blocks = {name: m for name, m in network.named_modules() if isinstance(m, LocalGlobalVariant)}
    hooks = [block.register_forward_pre_hook(partial(note_size, name)) for name, block in blocks.items()]
    network(images)
    for hook in hooks:
        hook.remove()
    for name, block in blocks.items():
        network.set_submodule(name, exportable(block, sizes[name]))


@torch.no_grad()
def exportable(block: LocalGlobalVariant, size: tuple[int, int]) -> nn.Module:
    """Return the same function of maps of `size` (H, W) in a form that exports; `block` is left as it is."""
    if block.released:
        return LocalGlobalConvolutions(block, size).train(block.training)
    copy, position = deepcopy(block), block.position(size)
    if position is not None:
        copy.position_encoding = nn.Parameter(position, requires_grad=False)
        copy.settings = replace(copy.settings, position="learned_nearest")
    return copy


class LocalGlobalConvolutions(nn.Module):
    """What a released block does in evaluation, for maps of `size` (H, W); its weights are copies."""

    @torch.no_grad()
    def __init__(self, block: LocalGlobalVariant, size: tuple[int, int]) -> None:
        super().__init__()
        C = block.channels
        folded = block.collapse()
        self.size = size
        self.first_read = first_read_group(block.heads) * (C // block.heads)
        gate = block.scale_gate()
        if gate is not None:
            self.gate = nn.Sequential(_convolution(gate.weight, bias_of(gate)), nn.Softmax(dim=1))
        self.scales = nn.ModuleList(_read_scale(scale, self.first_read) for scale in block.scales())
        position = block.position(size)
        self.position = None if position is None else nn.Buffer(position[:, self.first_read :])
        K, _, R, d, S = folded.kernels.shape
        kernels = folded.kernels.permute(2, 4, 3, 0, 1).reshape(R * S, d, K, K)
        self.correlate = _convolution(kernels, None, padding=K // 2, groups=R)
        u_weight = F.pad(folded.u_weight, (R * S - folded.u_weight.shape[1], 0))
        self.join = _convolution(torch.cat([folded.x_weight, u_weight], dim=1)[:, :, None, None], folded.bias)
        self.residual = block.settings.residual

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        z = x[:, self.first_read :]
        if self.position is not None:
            z = z + self.position
        if len(self.scales):
            gates = self.gate(x)
            for i, scale in enumerate(self.scales, start=1):
                z = z + gates[:, i : i + 1] * F.interpolate(scale(x), size=self.size, mode="nearest")
        out: Tensor = self.join(torch.cat([x, self.correlate(z)], dim=1))
        return out + x if self.residual else out


def _read_scale(scale: SeparableConv, first: int) -> nn.Sequential:
    """Return the scale's convolutions, the 1x1 one to the channels from `first` on, which alone are read."""
    pointwise = _convolution(scale.pointwise.weight[first:], bias_of(scale.pointwise)[first:])
    return nn.Sequential(deepcopy(scale.depthwise).requires_grad_(False), pointwise)


def _convolution(weight: Tensor, bias: Tensor | None, *, padding: int = 0, groups: int = 1) -> nn.Conv2d:
    """Return a convolution with copies of these weights (C_out, C_in / groups, K, K)."""
    c_out, c_in, kernel, _ = weight.shape
    made = nn.Conv2d(
        c_in * groups,
        c_out,
        kernel,
        padding=padding,
        groups=groups,
        bias=bias is not None,
        device=weight.device,
        dtype=weight.dtype,
    )
    made.weight.copy_(weight)
    if made.bias is not None and bias is not None:
        made.bias.copy_(bias)
    return made.requires_grad_(False)
