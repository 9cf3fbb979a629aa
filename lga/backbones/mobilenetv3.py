"""MobileNetV3 as the paper built it: output widths scaled, hidden widths not.

Source: MobileNetV3 (Howard et al., 2019), https://arxiv.org/abs/1905.02244; layer list of the networks
released with arXiv 2411.09604. Deviations from the original: every output width carries the family's width
factor (0.25 at scale n, which leaves 24 channels at the end) while the hidden widths keep their nominal
size, and the squeeze-and-excitation inside the blocks squeezes to a plain quarter.

Shapes: B batch, C channels, H W height and width.
"""

from collections.abc import Collection
from typing import NamedTuple, cast

from torch import Tensor, nn

from lga.backbones.author_checkpoint import Rules, prefixed, unit_rules
from lga.backbones.backbone import Backbone, MakeAttention, scale_named
from lga.backbones.blocks import ConvUnit

STEM_WIDTH = 16
LEVEL_ENDS = (3, 8, 11)  # blocks that end P3, P4, P5
NECK_WIDTHS = (128, 256, 512)
NECK_REPEATS = 3


class BlockPlan(NamedTuple):
    """One row of the layer list; `out` is nominal, `hidden` is real."""

    kernel: int
    hidden: int
    out: int
    squeeze: bool
    activation: type[nn.Module]
    stride: int


BLOCKS = (
    BlockPlan(3, 16, 16, True, nn.ReLU, 2),
    BlockPlan(3, 72, 24, False, nn.ReLU, 2),
    BlockPlan(3, 88, 24, False, nn.ReLU, 1),
    BlockPlan(5, 96, 40, True, nn.Hardswish, 2),
    BlockPlan(5, 240, 40, True, nn.Hardswish, 1),
    BlockPlan(5, 240, 40, True, nn.Hardswish, 1),
    BlockPlan(5, 120, 48, True, nn.Hardswish, 1),
    BlockPlan(5, 144, 48, True, nn.Hardswish, 1),
    BlockPlan(5, 288, 96, True, nn.Hardswish, 2),
    BlockPlan(5, 576, 96, True, nn.Hardswish, 1),
    BlockPlan(5, 576, 96, True, nn.Hardswish, 1),
)


class ChannelGate(nn.Module):
    """The backbone's own squeeze-and-excitation, there in every variant: (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Linear(channels, channels // 4)
        self.excite = nn.Linear(channels // 4, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Scale each channel by a gate computed from the means of all."""
        gate = nn.functional.hardsigmoid(self.excite(self.squeeze(self.pool(x).flatten(1)).relu()))
        return x * gate[:, :, None, None]


class InvertedResidual(nn.Module):
    """Widen, filter each channel, gate, narrow: (B, C_in, H, W) -> (B, C_out, H / stride, W / stride).

    Args:
        c_in: channels in.
        c_out: channels out, already scaled.
        plan: the block's row of the layer list.
    """

    def __init__(self, c_in: int, c_out: int, plan: BlockPlan) -> None:
        super().__init__()
        hidden, act = plan.hidden, plan.activation
        self.widens = hidden != c_in
        self.expand = ConvUnit(c_in, hidden, activation=act) if self.widens else nn.Identity()
        self.depthwise = ConvUnit(
            hidden, hidden, plan.kernel, plan.stride, groups=hidden, activation=nn.Identity
        )
        self.gate = ChannelGate(hidden) if plan.squeeze else nn.Identity()
        self.activation = act()
        self.project = ConvUnit(hidden, c_out, activation=nn.Identity)
        self.shortcut = plan.stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's map, added to its input where the shapes agree."""
        y: Tensor = self.depthwise(self.expand(x))
        # A block that does not widen activates before its gate, the others after it.
        y = self.activation(self.gate(y)) if self.widens else self.gate(self.activation(y))
        y = self.project(y)
        return x + y if self.shortcut else y

    def author_rules(self, author: str) -> Rules:
        """Return the rules of this block, which the author calls `author`, a numbered sequence."""
        parts = f"{author}.conv"
        filtered, normed, gated, narrowed, last = (3, 4, 5, 7, 8) if self.widens else (0, 1, 3, 4, 5)
        rules = unit_rules("expand", parts, "0", "1") if self.widens else {}
        return {
            **rules,
            **unit_rules("depthwise", parts, str(filtered), str(normed)),
            "gate.squeeze": f"{parts}.{gated}.fc.0",
            "gate.excite": f"{parts}.{gated}.fc.2",
            **unit_rules("project", parts, str(narrowed), str(last)),
        }


class MobileNetV3(Backbone):
    """The paper's main backbone: images (B, 3, H, W) -> P3, P4, P5 at strides 8, 16, 32.

    Args:
        attention: builds the slot's block from its number of channels (24 at scale n).
        scale: one of n, s, m, l, x.

    Raises:
        UserError: there is no scale of that name.
    """

    author_blocks = 12

    def __init__(self, attention: MakeAttention, scale: str = "n") -> None:
        super().__init__()
        rule = scale_named(scale)
        widths = [rule.channels(STEM_WIDTH), *(rule.channels(plan.out) for plan in BLOCKS)]
        self.stem = ConvUnit(3, widths[0], 3, 2, activation=nn.Hardswish)
        self.blocks = nn.ModuleList(map(InvertedResidual, widths[:-1], widths[1:], BLOCKS))
        self.attention = attention(widths[-1])
        self.out_channels = (widths[LEVEL_ENDS[0]], widths[LEVEL_ENDS[1]], widths[LEVEL_ENDS[2]])
        self.neck_channels = rule.triple(NECK_WIDTHS)
        self.neck_repeats = rule.repeats(NECK_REPEATS)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map images (B, 3, H, W) to P3, P4, P5."""
        x = self.stem(images)
        levels = []
        for number, block in enumerate(self.blocks, start=1):
            x = block(x)
            if number in LEVEL_ENDS:
                levels.append(x)
        return levels[0], levels[1], self.attention(levels[2])

    def block_rules(self, checkpoint_keys: Collection[str]) -> Rules:
        """Return the author's prefix of each prefix of this network, the slot left out."""
        rules = unit_rules("stem", "model.0")
        for i, block in enumerate(self.blocks):
            rules |= prefixed(cast(InvertedResidual, block).author_rules(f"model.{i + 1}"), f"blocks.{i}")
        return rules
