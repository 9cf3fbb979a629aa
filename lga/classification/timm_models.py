"""The paper's classifiers as models of timm: importing this registers `lga_mobilenetv3` and its siblings.

    >>> import timm, torch
    >>> import lga.classification.timm_models
    >>> model = timm.create_model("lga_mobilenetv3", num_classes=10)
    >>> model(torch.rand(2, 3, 64, 64)).shape
    torch.Size([2, 10])
    >>> maps = timm.create_model("lga_yolov8", features_only=True)
    >>> [tuple(x.shape[1:]) for x in maps(torch.rand(2, 3, 64, 64))]
    [(64, 8, 8), (128, 4, 4), (256, 2, 2)]

Source: the interface of timm's own models, https://github.com/huggingface/pytorch-image-models. Images are in
[0, 1], which timm's mean 0 and deviation 1 say. There are no pretrained weights.

Shapes: B batch, C channels, H W height and width of the images, K classes.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, cast

from timm.layers.create_attn import get_attn
from timm.models import build_model_with_cfg, generate_default_cfgs, register_model
from timm.models._features import feature_take_indices
from torch import Tensor, nn

from lga.attention import LocalGlobalAttention
from lga.backbones import Backbone, MobileNetV3, ResNet18, YOLOv8
from lga.classification.classifier import Classifier
from lga.system.errors import UserError

AttentionLayer = str | Callable[[int], nn.Module]
STRIDES = (8, 16, 32)


class TimmClassifier(Classifier):
    """A paper's classifier with the methods that timm expects of a model.

    Args:
        network: class of the backbone.
        attn_layer: what stands in the slot: a callable of its channels, such as `NoAttention`, or one of
            timm's names ("se", "eca").
        in_chans: channels of the images, 3.
        num_classes: K; 0 leaves the last layer out.
        scale: one of n, s, m, l, x.
        drop_rate: probability with which a pooled feature is dropped in training.

    Raises:
        UserError: the images are to have other than 3 channels, or there is no such scale.
    """

    def __init__(
        self,
        network: Callable[..., Backbone],
        attn_layer: AttentionLayer,
        num_classes: int = 1000,
        in_chans: int = 3,
        scale: str = "n",
        drop_rate: float = 0.0,
    ) -> None:
        if in_chans != 3:
            raise UserError(
                f"in_chans={in_chans}: the paper's networks take images of 3 channels; repeat a grey one"
            )
        attention = get_attn(attn_layer)  # type: ignore[no-untyped-call]
        super().__init__(network(attention, scale=scale), max(num_classes, 1), drop_rate)
        channels = self.backbone.out_channels
        self.num_features = channels[-1]
        self.head_hidden_size = self.head.linear.in_features
        self.feature_info = [
            {"num_chs": c, "reduction": stride, "module": f"backbone.P{i}"}
            for i, (c, stride) in enumerate(zip(channels, STRIDES, strict=True), start=3)
        ]
        self.num_classes = num_classes
        if num_classes == 0:
            self.reset_classifier(0)

    def forward_features(self, x: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to P5 after its attention."""
        return cast(Tensor, self.backbone(x)[2])

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """Map P5 to logits (B, K), or to what the last layer gets."""
        head = self.head
        pooled = head.dropout(head.pool(head.widen(x)).flatten(1))
        return cast(Tensor, pooled if pre_logits else head.linear(pooled))

    def forward_intermediates(
        self,
        x: Tensor,
        indices: int | list[int] | None = None,
        norm: bool = False,
        stop_early: bool = False,
        output_fmt: Literal["NCHW"] = "NCHW",
        intermediates_only: bool = False,
    ) -> list[Tensor] | tuple[Tensor, list[Tensor]]:
        """Return P5 and the maps at `indices` of P3, P4, P5, or these alone.

        `norm`, `stop_early` and `output_fmt` are of timm's interface; here they change nothing.
        """
        maps: Sequence[Tensor] = self.backbone(x)
        taken, _ = feature_take_indices(len(maps), indices)
        chosen = [maps[i] for i in taken]
        return chosen if intermediates_only else (maps[-1], chosen)

    def get_classifier(self) -> nn.Module:
        """Return the last layer."""
        return self.head.linear

    def reset_classifier(self, num_classes: int) -> None:
        """Put a new last layer in, or none for 0 classes."""
        self.num_classes = num_classes
        width = self.head_hidden_size
        self.head.set_submodule("linear", nn.Linear(width, num_classes) if num_classes else nn.Identity())


def _registered(network: Callable[..., Backbone], name: str, heads: int) -> Callable[..., nn.Module]:
    """Register `network` as `name`; its slot holds LGA with `heads` unless `attn_layer` says otherwise."""

    def entrypoint(pretrained: bool = False, **settings: Any) -> nn.Module:
        settings.setdefault("attn_layer", partial(LocalGlobalAttention, heads=heads))
        build = partial(TimmClassifier, network)
        features = {"feature_cls": "getter", "out_indices": (0, 1, 2)}
        return cast(
            nn.Module, build_model_with_cfg(build, name, pretrained, feature_cfg=features, **settings)
        )

    entrypoint.__name__ = entrypoint.__qualname__ = name
    return cast("Callable[..., nn.Module]", register_model(entrypoint))


_CONSTANTS = {
    "url": "",
    "num_classes": 1000,
    "input_size": (3, 224, 224),
    "mean": (0.0, 0.0, 0.0),
    "std": (1.0, 1.0, 1.0),
    "classifier": "head.linear",
}
default_cfgs = generate_default_cfgs(
    {f"{name}.untrained": _CONSTANTS for name in ("lga_mobilenetv3", "lga_resnet18", "lga_yolov8")}
)
lga_mobilenetv3 = _registered(MobileNetV3, "lga_mobilenetv3", heads=12)
lga_resnet18 = _registered(ResNet18, "lga_resnet18", heads=8)
lga_yolov8 = _registered(YOLOv8, "lga_yolov8", heads=16)
