"""The paper's classification head: a 1x1 convolution, global average pooling, dropout, one linear layer.

Shapes: B batch, C channels, H W height and width of the map, K classes.
"""

from torch import Tensor, nn

from lga.backbones.author_checkpoint import Rules, unit_rules
from lga.backbones.blocks import ConvUnit

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
