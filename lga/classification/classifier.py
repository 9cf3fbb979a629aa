"""The paper's classifier: a backbone, and a head on its coarsest map.

Source: arXiv 2411.09604, table 1. The head is a 1x1 convolution, global average pooling, dropout and one
linear layer. Batch norms keep PyTorch's defaults. Deviation from the release: logits come out always, in
evaluation too; the release applies a softmax there.

Shapes: B batch, C channels, H W height and width of images or map, K classes.
"""

from collections.abc import Collection

from torch import Tensor, nn

from lga.backbones.author_checkpoint import Rules, prefixed, unit_rules
from lga.backbones.backbone import Backbone
from lga.backbones.blocks import ConvUnit
from lga.system.errors import UserError

HIDDEN_CHANNELS = 1280  # the same at every scale


class ClassificationHead(nn.Module):
    """Map features (B, C, H, W) to logits (B, K).

    Args:
        c_in: channels of the features.
        num_classes: K.
        dropout: probability with which a pooled feature is dropped in training.
    """

    def __init__(self, c_in: int, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.widen = ConvUnit(c_in, HIDDEN_CHANNELS)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(HIDDEN_CHANNELS, num_classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits (B, K)."""
        return self.linear(self.dropout(self.pool(self.widen(features)).flatten(1)))  # type: ignore[no-any-return]

    def author_rules(self, author: str) -> Rules:
        """Return the rules of this head, which the author calls `author`."""
        return {**unit_rules("widen", f"{author}.conv"), "linear": f"{author}.linear"}


class Classifier(nn.Module):
    """Map images (B, 3, H, W) to logits (B, K).

    Args:
        backbone: network whose P5, after the attention, is classified.
        num_classes: K.
        dropout: probability with which a pooled feature is dropped in training; 0 in the paper.

    Raises:
        UserError: the backbone has slots on maps that are not classified.
    """

    def __init__(self, backbone: Backbone, num_classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        if isinstance(backbone.attention, nn.ModuleDict):
            maps = ", ".join(backbone.attention)
            raise UserError(
                f"a classifier reads the last map alone, and blocks on {maps} are asked for; "
                "set backbone.slots=last"
            )
        self.backbone = backbone
        self.head = ClassificationHead(backbone.out_channels[2], num_classes, dropout)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, K) of images (B, 3, H, W) with values in [0, 1]."""
        return self.head(self.backbone(images)[2])  # type: ignore[no-any-return]

    def author_rules(self, checkpoint_keys: Collection[str] = ()) -> Rules:
        """Return the author's prefix of each prefix of this network's state dict."""
        head = f"model.{self.backbone.next_author_block}"
        return {
            **prefixed(self.backbone.author_rules(checkpoint_keys), "backbone"),
            **prefixed(self.head.author_rules(head), "head"),
        }
