"""What a network looks at on one image: Grad-CAM, by Captum, and the gate and kernel of a Local-Global block.

Source: Grad-CAM, Selvaraju et al. (2017), https://arxiv.org/abs/1610.02391, https://captum.ai.

Shapes: S side of the image as the network gets it, h w the map that is looked at, N scales of a block.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from lga.instruments.blocks import find_blocks, gates
from lga.instruments.readings import Picture, kernel_picture

LEAST_SIDE = 7  # positions, of a map that still says where


@dataclass(frozen=True)
class BlockLook:
    """A Local-Global block on the image: its gate's weights (1 + N, h, w), if any, and `kernel_picture`'s."""

    gate: Tensor | None
    picture: Picture
    kernel: Tensor


@dataclass(frozen=True)
class Explanation:
    """Where the score comes from, (h, w) from 0 to 1, None where no gradient says; each block by its name."""

    grad_cam: Tensor | None
    blocks: dict[str, BlockLook] = field(default_factory=dict)


def explain(
    network: nn.Module, part: nn.Module, image: Tensor, score: Callable[[Tensor], Tensor]
) -> Explanation:
    """Return what a network in evaluation mode looks at.

    Args:
        network: whose Local-Global blocks are read.
        part: of it; Grad-CAM is of the last map in it of at least 7 x 7 positions, or of its largest.
        image: (1, 3, S, S).
        score: (1,), of the image: what is to be explained.
    """
    from captum.attr import LayerGradCam  # imports matplotlib, which nothing else here needs

    maps, inputs = _traced(network, part, image)
    side = min(LEAST_SIDE, max(map(min, maps.values())))
    layer = [module for module, size in maps.items() if min(size) >= side][-1]
    try:
        cam = LayerGradCam(score, layer).attribute(image, relu_attributions=True)[0, 0].detach()
    except RuntimeError as error:  # of autograd; such as of boxes that were chosen and not computed
        if "differentiated Tensors" not in str(error) and "does not require grad" not in str(error):
            raise
        cam = None
    looks = {}
    with torch.no_grad():
        for name, (block, x) in inputs.items():
            weights = gates(block, x)
            looks[name] = BlockLook(None if weights is None else weights[0], *kernel_picture(block, x))
    return Explanation(cam if cam is None else cam / cam.max().clamp(min=1e-12), looks)


def _traced(
    network: nn.Module, part: nn.Module, image: Tensor
) -> tuple[dict[nn.Module, tuple[int, int]], dict[str, tuple[Any, Tensor]]]:
    """Return the height and width of each map in `part`, in the order of computation, and blocks' inputs."""
    maps: dict[nn.Module, tuple[int, int]] = {}
    inputs: dict[str, tuple[Any, Tensor]] = {}

    def note_map(module: nn.Module, _: Any, out: Any) -> None:
        if isinstance(out, Tensor) and out.ndim == 4:
            maps.pop(module, None)
            maps[module] = (out.shape[2], out.shape[3])

    def note_input(name: str) -> Callable[..., None]:
        def note(block: nn.Module, given: tuple[Tensor, ...], _: Any) -> None:
            inputs[name] = (block, given[0])

        return note

    hooks = [module.register_forward_hook(note_map) for module in part.modules()]
    hooks += [found.trained.register_forward_hook(note_input(found.name)) for found in find_blocks(network)]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for hook in hooks:
            hook.remove()
    return maps, inputs
