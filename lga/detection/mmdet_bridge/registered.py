"""This project's parts by name in mmengine's registry, for configurations of mmdet and its relatives.

    custom_imports = dict(imports=["lga.detection.mmdet_bridge.registered"])
    model = dict(backbone=dict(plugins=[dict(
        cfg=dict(type="LGAAttention", heads=8), stages=(False, False, False, True), position="after_conv3")]))

Attention blocks are plugins of mmcv, given their channels as `in_channels`; they keep the weights they draw,
whatever the network around them is filled with. Backbones give maps at strides 8, 16, 32 and take a block
as `attention`; with `LGAPathAggregation` and `LGADetectionHead` in a `SingleStageDetector` they are the
paper's detectors. Operations of mmcv are served as `packages` describes, if this is imported before mmdet.

Shapes: B batch, C channels, H W height and width of a level, K classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lga import attention as blocks
from lga import backbones
from lga.detection.mmdet_bridge.packages import prepare_import
from lga.detection.mmdet_bridge.samples import batch_of, predictions
from lga.detection.yolov8.assigner import pad_targets
from lga.detection.yolov8.decode import decode, flatten_levels
from lga.detection.yolov8.detector import set_family_norms
from lga.detection.yolov8.head import DetectionHead
from lga.detection.yolov8.loss import LossGains, detection_loss
from lga.detection.yolov8.neck import PathAggregation, Triple
from lga.detection.yolov8.nms import suppress


class LGADetectionHead(DetectionHead):
    """`DetectionHead` with the paper's loss and predictions, called as mmdet calls a head.

    Args:
        num_classes: K.
        in_channels: channels of the levels at strides 8, 16, 32.
        train_cfg: `box_gain`, `class_gain`, `distribution_gain`; the paper's where left out.
        test_cfg: `score_thr`, `nms` with an `iou_threshold`, `max_per_img`; the paper's where left out.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: Sequence[int],
        train_cfg: Mapping[str, Any] | None = None,
        test_cfg: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(in_channels, num_classes)
        gains, judged = train_cfg or {}, test_cfg or {}
        self.gains = LossGains(
            gains.get("box_gain", LossGains.box),
            gains.get("class_gain", LossGains.classes),
            gains.get("distribution_gain", LossGains.distribution),
        )
        self.confidence = judged.get("score_thr", 0.001)
        self.nms_iou = judged.get("nms", {}).get("iou_threshold", 0.7)
        self.max_detections = judged.get("max_per_img", 300)
        set_family_norms(self)

    def loss(self, x: Sequence[Tensor], batch_data_samples: Sequence[Any]) -> dict[str, Tensor]:
        """Return the terms, each times the batch size, so that their sum, as mmdet takes it, is the total."""
        levels = self(x)
        targets = pad_targets(batch_of(batch_data_samples, levels[0]))
        terms = detection_loss(levels, targets, self.bin_values, self.gains).divided()
        return {f"loss_{name}": len(levels[0]) * term for name, term in terms.items() if name != "total"}

    @torch.no_grad()
    def predict(
        self, x: Sequence[Tensor], batch_data_samples: Sequence[Any], rescale: bool = False
    ) -> list[Any]:
        """Return mmdet's instances of each image, in its own pixels if `rescale`."""
        boxes, probabilities = decode(flatten_levels(self(x)), self.bin_values)
        found = suppress(boxes, probabilities, self.confidence, self.nms_iou, self.max_detections)
        return predictions(found, batch_data_samples if rescale else None)


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
    prepare_import()
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
