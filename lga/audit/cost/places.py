"""Where attentions are timed: inside each detection network, and alone on the channels that they have there.

The networks are built from the shipped configuration, so heads and kernel sizes are the project's own. The
slots of MobileNetV3, ResNet18 and YOLOv8n have 24, 128 and 256 channels."""

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

import lga
from lga.attention import LocalGlobalAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention

LITERAL = "literal"
ATTENTIONS = (
    *("none", "se", "cbam", "eca", "mhsa", "shuffle"),
    *("lga", "lga_local", "lga_global", "lga_as_written", LITERAL),
)
BACKBONES = {"mobilenetv3": 24, "resnet18": 128, "yolov8": 256}  # channels of the slot
NAMES = {"yolov8": "yolov8n"}  # of backbones that runs are recorded under another name of
DETECTOR = "yolov8"
SLOT = "backbone.attention"


@dataclass(frozen=True)
class Place:
    """A network on images of ``side`` pixels, or its slot ``alone`` on maps of ``side`` x ``side``."""

    backbone: str
    side: int
    batch: int
    alone: bool

    @property
    def network(self) -> str:
        """The network's name as runs have it."""
        return f"{NAMES.get(self.backbone, self.backbone)} + {DETECTOR}"

    @property
    def channels(self) -> int:
        """Channels of the attention."""
        return BACKBONES[self.backbone]

    def module(self, attention: str) -> nn.Module:
        """What is timed; built once and shared by all places of the backbone."""
        network = detection_network(self.backbone, attention)
        return network.get_submodule(SLOT) if self.alone else network

    def inputs(self, batch: int | None = None) -> Tensor:
        """Maps (B, C, side, side) or images (B, 3, side, side), drawn from a fixed seed."""
        channels = self.channels if self.alone else 3
        generator = torch.Generator().manual_seed(0)
        return torch.rand(batch or self.batch, channels, self.side, self.side, generator=generator)


@cache
def detection_network(backbone: str, attention: str) -> nn.Module:
    """A detection network of ten classes with an attention; the literal block stands in for `lga`."""
    chosen = "lga" if attention == LITERAL else attention
    network = lga.build_model(
        ["dataset=digit_scenes", f"backbone={backbone}", f"attention={chosen}", "dataset.image_size=640"]
    )
    if attention == LITERAL:
        network.set_submodule(SLOT, _literal(network.get_submodule(SLOT)))
    return network


def _literal(block: nn.Module) -> nn.Module:
    if not isinstance(block, LocalGlobalAttention):
        raise TypeError(f"{type(block).__name__} is not the released block")
    literal = LiteralLocalGlobalAttention(block.channels, block.heads)
    literal.load_state_dict(block.state_dict())
    return literal
