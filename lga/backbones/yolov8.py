"""The backbone of YOLOv8, which the paper's table 4 keeps: strided convolutions, C2f blocks and SPPF.

Source: the layer list of the networks released with arXiv 2411.09604 (table 4). Deviations: none.

Shapes: B batch, C channels, H W height and width.
"""

from collections.abc import Collection
from itertools import pairwise
from typing import cast

from torch import Tensor, nn

from lga.backbones.author_checkpoint import Rules, unit_rules
from lga.backbones.backbone import Backbone, MakeAttention, scale_named
from lga.backbones.blocks import SPPF, C2f, ConvUnit

STEM_WIDTH = 64
STAGES = ((128, 3), (256, 6), (512, 6), (1024, 3))  # nominal width and repeats, a stride of 2 each
NECK_WIDTHS = (256, 512, 1024)
NECK_REPEATS = 3


class YOLOv8(Backbone):
    """YOLOv8's backbone: images (B, 3, H, W) -> P3, P4, P5 at strides 8, 16, 32.

    Args:
        attention: builds the slot's block, after SPPF, from its number of channels (256 at scale n).
        scale: one of n, s, m, l, x.
        channel_cap: cap on nominal widths in place of the scale's own; classification uses 1024 at every
            scale, which matters at m, l and x (no other backbone here is wide enough to meet a cap).

    Raises:
        UserError: there is no scale of that name.
    """

    author_blocks = 10

    def __init__(self, attention: MakeAttention, scale: str = "n", channel_cap: int | None = None) -> None:
        super().__init__()
        rule = scale_named(scale, channel_cap)
        widths = [rule.channels(STEM_WIDTH), *(rule.channels(nominal) for nominal, _ in STAGES)]
        repeats = [rule.repeats(nominal) for _, nominal in STAGES]
        self.stem = ConvUnit(3, widths[0], 3, 2)
        self.downs = nn.ModuleList(ConvUnit(c_in, c_out, 3, 2) for c_in, c_out in pairwise(widths))
        self.stages = nn.ModuleList(C2f(c, c, n, True) for c, n in zip(widths[1:], repeats, strict=True))
        self.pyramid = SPPF(widths[-1])
        self.attention = attention(widths[-1])
        self.out_channels = (widths[2], widths[3], widths[4])
        self.neck_channels = rule.triple(NECK_WIDTHS)
        self.neck_repeats = rule.repeats(NECK_REPEATS)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map images (B, 3, H, W) to P3, P4, P5."""
        x = self.stem(images)
        levels = []
        for down, stage in zip(self.downs, self.stages, strict=True):
            x = stage(down(x))
            levels.append(x)
        return levels[1], levels[2], self.attention(self.pyramid(levels[3]))

    def block_rules(self, checkpoint_keys: Collection[str]) -> Rules:
        """Return the author's prefix of each prefix of this network, the slot left out."""
        rules = unit_rules("stem", "model.0")
        for i, stage in enumerate(self.stages):
            rules |= unit_rules(f"downs.{i}", f"model.{2 * i + 1}")
            rules |= cast(C2f, stage).author_rules(f"stages.{i}", f"model.{2 * i + 2}")
        return rules | self.pyramid.author_rules("pyramid", "model.9")
