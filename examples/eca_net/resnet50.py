"""ResNet-50 as it was published, with a block of attention in each residual block: a network of one's own."""

from typing import cast

import timm
from torch import Tensor, nn

from lga.backbones import Backbone
from lga.backbones.backbone import MakeAttention


class ResNet50(Backbone):
    """timm's ResNet-50: images (B, 3, H, W) -> maps at strides 8, 16, 32.

    Args:
        attention: builds the block that stands after a residual block's last norm, from its channels.
    """

    def __init__(self, attention: MakeAttention) -> None:
        super().__init__()
        self.body = timm.create_model("resnet50", features_only=True, out_indices=(2, 3, 4))
        for stage in ("layer1", "layer2", "layer3", "layer4"):
            for block in self.body[stage]:
                block.se = attention(block.bn3.num_features)
        self.out_channels = (512, 1024, 2048)

    @property
    def attention(self) -> nn.ModuleList:  # type: ignore[override]
        """All blocks, which are counted."""
        return nn.ModuleList(module for name, module in self.body.named_modules() if name.endswith(".se"))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map images (B, 3, H, W) in [0, 1] to P3, P4, P5."""
        p3, p4, p5 = self.body(images)
        return cast("tuple[Tensor, Tensor, Tensor]", (p3, p4, p5))


class LinearClassifier(nn.Module):
    """Map images (B, 3, H, W) to logits (B, K) by one linear layer, where this project's head has two."""

    def __init__(self, backbone: Backbone, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(backbone.out_channels[2], num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, K)."""
        return cast("Tensor", self.linear(self.dropout(self.backbone(images)[2].mean((2, 3)))))
