"""Parameters and floating-point operations of a network, in the paper's convention and truly.

The paper's GFLOPs are those of `thop` (MIT) as its toolchain calls it: multiply-accumulates of a 32 x 32
zero image, times 2, times (640 / 32)^2, whatever the real image size. Layers whose cost does not grow with
the image are multiplied as well, and attention over positions nearly vanishes. The true figure is PyTorch's
own counter on one image of the real size, of what this project runs in evaluation.

`thop` sees modules alone. Three parts run here by other means and are counted as the published networks had
them: the expectation over a detector's distance bins, a 1x1 convolution there; the released LGA block, which
runs collapsed; and its softmaxes over the energies. That those are modules is known by the table itself: with
them YOLOv8n and `lga_global` has 8.456 GFLOPs, without 8.446, and the published row says 8.5.

`thop` knows a module by its exact class. In timm's networks it leaves out what timm has classes of its own
for (normalisation with an activation, layer norm over channels, convolutions padded as TensorFlow's) and
products that are no module (a transformer's attention), and so does the paper's figure here. The true one has
them, less the norms.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lga.attention import LocalGlobalVariant
from lga.detection.yolov8.head import BOX_LOGITS, DetectionHead

PAPER_IMAGE_SIZE = 32
PAPER_REPORTED_SIZE = 640


@dataclass(frozen=True)
class Complexity:
    """Counts of one network; GFLOPs are 10^9 operations, a multiply-add being two."""

    parameters: int
    trainable_parameters: int
    attention_parameters: int
    gflops_paper: float
    gflops: float


def complexity_of(network: nn.Module, image_size: int) -> Complexity:
    """Count `network`, whose slot is `backbone.attention`; `image_size` is the side in pixels."""
    slot: nn.Module = network.get_submodule("backbone.attention")
    return Complexity(
        parameters=count_parameters(network),
        trainable_parameters=sum(p.numel() for p in network.parameters() if p.requires_grad),
        attention_parameters=count_parameters(slot),
        gflops_paper=paper_gflops(network),
        gflops=true_gflops(network, image_size),
    )


def count_parameters(module: nn.Module) -> int:
    """Return elements of all parameters, frozen ones included."""
    return sum(parameter.numel() for parameter in module.parameters())


def true_gflops(network: nn.Module, image_size: int) -> float:
    """Return GFLOPs of one image in evaluation, by PyTorch's counter (convolutions and matrix products)."""
    image = torch.zeros(1, 3, image_size, image_size, device=_device(network))
    with _evaluating(network):
        if any(isinstance(module, LocalGlobalVariant) for module in network.modules()):
            network(image)  # folds what is folded once
        with FlopCounterMode(display=False) as counter:
            network(image)
    return float(counter.get_total_flops()) / 1e9


def paper_gflops(network: nn.Module) -> float:
    """Return GFLOPs as the paper prints them (to one decimal)."""
    macs, size = 0, _paper_image_size(network)

    def count(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        nonlocal macs
        if isinstance(module, LocalGlobalVariant):
            macs += _local_global(module, inputs[0])
        else:
            macs += _COUNTS[type(module)](module, inputs[0], output)

    hooks = [module.register_forward_hook(count) for module in _counted(network)]
    try:
        with _evaluating(network):
            network(torch.zeros(1, 3, size, size, device=_device(network)))
    finally:
        for hook in hooks:
            hook.remove()
    return 2 * macs * (PAPER_REPORTED_SIZE / size) ** 2 / 1e9


def attention_heads(network: nn.Module) -> list[int]:
    """Heads of the block in each slot, in the order of the stages; empty where blocks have none."""
    slot = network.get_submodule("backbone.attention")
    blocks = slot.values() if isinstance(slot, nn.ModuleDict) else [slot]
    return [heads for block in blocks if isinstance(heads := getattr(block, "heads", None), int)]


def _paper_image_size(network: nn.Module) -> int:
    """32, or the least side of images that the network takes."""
    return max(PAPER_IMAGE_SIZE, getattr(network.get_submodule("backbone"), "least_image_size", 0))


def _counted(module: nn.Module) -> Iterator[nn.Module]:
    """Modules with a count of their own; a block that is counted whole hides its parts."""
    if isinstance(module, LocalGlobalVariant):
        yield module
        return
    if type(module) in _COUNTS:
        yield module
    for child in module.children():
        yield from _counted(child)


def _convolution(module: nn.Module, x: Tensor, y: Tensor) -> int:
    weight: Tensor = module.weight  # type: ignore[assignment]
    return y.numel() * weight[0].numel()


def _transposed(module: nn.Module, x: Tensor, y: Tensor) -> int:
    weight: Tensor = module.weight  # type: ignore[assignment]
    return y.numel() * weight[:, 0].numel()  # as if every tap met a pixel


def _linear(module: nn.Module, x: Tensor, y: Tensor) -> int:
    return y.numel() * x.shape[-1]


def _norm(module: nn.Module, x: Tensor, y: Tensor) -> int:
    has_weights = getattr(module, "affine", False) or getattr(module, "elementwise_affine", False)
    return (4 if has_weights else 2) * x.numel()


def _once_a_result(module: nn.Module, x: Tensor, y: Tensor) -> int:
    return y.numel()  # of averages, and of the nearest


def _adaptive_pool(module: nn.Module, x: Tensor, y: Tensor) -> int:
    window = math.prod(x.shape[2:]) // math.prod(y.shape[2:])
    return (window + 1) * y.numel()


def _softmax(module: nn.Module, x: Tensor, y: Tensor) -> int:
    features = x.shape[module.dim]  # type: ignore[index]
    return x.numel() // features * (3 * features - 1)


def _distance_expectation(module: nn.Module, levels: Sequence[Tensor], maps: Sequence[Tensor]) -> int:
    """Return the 1x1 convolution from the bins of each side to one distance, on all anchors."""
    anchors = sum(raw.numel() // raw.shape[1] for raw in maps)
    return anchors * BOX_LOGITS


def _local_global(module: LocalGlobalVariant, x: Tensor) -> int:
    """Count convolutions and softmaxes of the released block, which runs collapsed and calls none."""
    C, head_channels = module.channels, module.channels // module.heads
    height, width = x.shape[2:]
    gates = 1 + len(module.scales()) if module.scales() else 0
    macs = height * width * max(3 * gates - 1, 0)  # softmax over the scales
    macs += len(module.branches()) * C * (3 * head_channels - 1)  # energies between a head's channels
    for child in module.modules():
        if isinstance(child, nn.Conv2d):
            positions = math.ceil(height / child.stride[0]) * math.ceil(width / child.stride[1])
            macs += child.weight.numel() * positions
    return x.shape[0] * macs


_COUNTS: dict[type[nn.Module], Callable[[Any, Any, Any], int]] = {
    nn.Conv1d: _convolution,
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _transposed,
    nn.Linear: _linear,
    nn.BatchNorm2d: _norm,
    nn.LayerNorm: _norm,
    nn.AvgPool2d: _once_a_result,
    nn.AdaptiveAvgPool2d: _adaptive_pool,
    nn.Softmax: _softmax,
    nn.Upsample: _once_a_result,
    DetectionHead: _distance_expectation,
}


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        network.train(training)


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device
