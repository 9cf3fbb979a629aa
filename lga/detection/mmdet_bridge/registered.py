"""This project's parts by name in mmengine's registry, for configurations of mmdet and its relatives.

    custom_imports = dict(imports=["lga.detection.mmdet_bridge.registered"])
    model = dict(backbone=dict(plugins=[dict(
        cfg=dict(type="LGAAttention", heads=8), stages=(False, False, False, True), position="after_conv3")]))

Attention blocks are plugins of mmcv, told their channels as `in_channels`; they keep the weights they draw,
whatever the network around them is filled with. Backbones give maps at strides 8, 16, 32 and take a block
as `attention`; with `LGAPathAggregation` and `LGADetectionHead` in a `SingleStageDetector` they are the
paper's detectors. Operations of mmcv are served as `served_ops` tells, if this is imported before mmdet.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from lga import attention as blocks
from lga import backbones
from lga.detection.mmdet_bridge.family_norms import set_family_norms
from lga.detection.mmdet_bridge.packages import check_packages
from lga.detection.mmdet_bridge.registered_head import LGADetectionHead
from lga.detection.mmdet_bridge.served_ops import serve_ops
from lga.detection.neck import PathAggregation, Triple

ATTENTION = {
    "LGAAttention": blocks.LocalGlobalAttention,
    "LGAAttentionAsWritten": blocks.LocalGlobalAttentionAsWritten,
    "LGAAttentionVariant": blocks.LocalGlobalVariant,
    "LGACBAM": blocks.CBAM,
    "LGAEfficientChannelAttention": blocks.EfficientChannelAttention,
    "LGAMultiHeadSelfAttention": blocks.MultiHeadSelfAttention,
    "LGAShuffleAttention": blocks.ShuffleAttention,
    "LGASqueezeExcite": blocks.SqueezeExcite,
}
BACKBONES: dict[str, type[nn.Module]] = {
    "LGAMobileNetV3": backbones.MobileNetV3,
    "LGAResNet18": backbones.ResNet18,
    "LGAYOLOv8": backbones.YOLOv8,
}


class LGAPathAggregation(PathAggregation):
    """The paper's neck, called as mmdet calls one: with the maps as a tuple."""

    def __init__(self, in_channels: Triple, channels: Triple, repeats: int) -> None:
        super().__init__(in_channels, channels, repeats)
        set_family_norms(self)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:  # type: ignore[override]
        """Map P3, P4, P5 to N3, N4, N5."""
        return tuple(super().forward(*maps))


def plugin(name: str, block: type[nn.Module]) -> type[nn.Module]:
    """Return `block` as a class called `name` that takes its channels as `in_channels`."""

    def initialize(self: Any, in_channels: int, **settings: Any) -> None:
        block.__init__(self, in_channels, **settings)
        self.built_with = {"in_channels": in_channels, **settings}

    def init_weights(self: Any) -> None:
        """Draw the weights anew, after mmengine has drawn those of all convolutions in its way."""
        self.load_state_dict(type(self)(**self.built_with).state_dict())

    return type(
        name, (block,), {"__init__": initialize, "init_weights": init_weights, "__doc__": block.__doc__}
    )


def with_attention(name: str, backbone: type[nn.Module]) -> type[nn.Module]:
    """Return `backbone` as a class called `name` that takes its block as a configuration."""

    def initialize(self: Any, attention: Mapping[str, Any] | None = None, **settings: Any) -> None:
        backbone.__init__(self, attention=_block_of(attention), **settings)
        set_family_norms(self)

    return type(name, (backbone,), {"__init__": initialize, "__doc__": backbone.__doc__})


def register() -> None:
    """Put all of it into the registry that mmdet's and its relatives' fall back on."""
    check_packages()
    serve_ops()
    from mmengine.registry import MODELS

    for name, block in ATTENTION.items():
        MODELS.register_module(name=name, module=plugin(name, block))
    for name, backbone in BACKBONES.items():
        MODELS.register_module(name=name, module=with_attention(name, backbone))
    MODELS.register_module(module=LGAPathAggregation)
    MODELS.register_module(module=LGADetectionHead)


def _block_of(attention: Mapping[str, Any] | None) -> Any:
    """Return what makes the slot's block from its channels."""
    from mmengine.registry import MODELS

    if attention is None:
        return blocks.NoAttention
    return lambda channels: MODELS.build({**attention, "in_channels": channels})


register()
