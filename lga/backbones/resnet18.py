"""The paper's "ResNet18": a ResNet's basic blocks, one per stage where ResNet-18 has two.

Source: ResNet (He et al., 2015), https://arxiv.org/abs/1512.03385, with the deep stem of ResNet-D (He et
al., 2018), https://arxiv.org/abs/1812.01187; layer list of the networks released with arXiv 2411.09604.
Deviations from ResNet-18: the family's depth factor turned two blocks per stage into one, so that this has
ten layers; widths carry the width factor; convolutions have biases; the first block of every stage has a
shortcut convolution, needed or not.

Shapes: B batch, C channels, H W height and width.
"""

from collections.abc import Collection
from typing import cast

from torch import Tensor, nn

from lga.backbones.author_checkpoint import Rules, stage_rules, stem_rules
from lga.backbones.backbone import Backbone, MakeAttention, scale_named
from lga.backbones.blocks import ConvUnit

STEM = ((32, 2), (32, 1), (64, 1))  # nominal width and stride
STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))
BLOCKS_PER_STAGE = 2  # nominal
NECK_WIDTHS = (128, 256, 512)
NECK_REPEATS = 3


class BasicBlock(nn.Module):
    """Two 3x3 units beside a shortcut: (B, C_in, H, W) -> (B, C_out, H / stride, W / stride).

    Args:
        c_in: channels in.
        c_out: channels out.
        stride: stride of the first unit and of the shortcut.
        projects: whether the shortcut is a 1x1 unit rather than the identity.
    """

    def __init__(self, c_in: int, c_out: int, stride: int, projects: bool) -> None:
        super().__init__()
        self.first = ConvUnit(c_in, c_out, 3, stride, bias=True, activation=nn.ReLU)
        self.second = ConvUnit(c_out, c_out, 3, bias=True, activation=nn.Identity)
        self.shortcut = (
            ConvUnit(c_in, c_out, 1, stride, bias=True, activation=nn.Identity) if projects else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's map."""
        y: Tensor = self.second(self.first(x)) + self.shortcut(x)
        return y.relu()


class ResNet18(Backbone):
    """The paper's second backbone: images (B, 3, H, W) -> P3, P4, P5 at strides 8, 16, 32.

    Args:
        attention: builds the slot's block from its number of channels (128 at scale n).
        scale: one of n, s, m, l, x.
        blocks_per_stage: basic blocks in a stage; None applies the depth rule to ResNet-18's two,
            which leaves one at scale n, as published.

    Raises:
        UserError: there is no scale of that name.
    """

    author_blocks = 8

    def __init__(
        self,
        attention: MakeAttention,
        scale: str = "n",
        blocks_per_stage: int | None = None,
    ) -> None:
        super().__init__()
        rule = scale_named(scale)
        depth = rule.repeats(BLOCKS_PER_STAGE) if blocks_per_stage is None else blocks_per_stage
        stem = [3, *(rule.channels(nominal) for nominal, _ in STEM)]
        widths = [stem[-1], *(rule.channels(nominal) for nominal, _ in STAGES)]
        self.stem = nn.Sequential(
            *(
                ConvUnit(stem[i], stem[i + 1], 3, stride, bias=True, activation=nn.ReLU)
                for i, (_, stride) in enumerate(STEM)
            )
        )
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.stages = nn.ModuleList(
            _stage(widths[i], widths[i + 1], stride, depth) for i, (_, stride) in enumerate(STAGES)
        )
        self.attention = attention(widths[-1])
        self.out_channels = (widths[2], widths[3], widths[4])
        self.neck_channels = rule.triple(NECK_WIDTHS)
        self.neck_repeats = rule.repeats(NECK_REPEATS)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map images (B, 3, H, W) to P3, P4, P5."""
        x = self.pool(self.stem(images))
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return levels[1], levels[2], self.attention(levels[3])

    def block_rules(self, checkpoint_keys: Collection[str]) -> Rules:
        """Return the author's prefix of each prefix of this network, the slot left out.

        The names inside a block are read from the checkpoint, see `stage_rules`.
        """
        rules: Rules = {}
        for i in range(len(STEM)):
            rules |= stem_rules(f"stem.{i}", f"model.{i}", checkpoint_keys)
        for i, stage in enumerate(self.stages):
            rules |= stage_rules(
                f"stages.{i}", f"model.{i + 4}", len(cast(nn.Sequential, stage)), checkpoint_keys
            )
        return rules


def _stage(c_in: int, c_out: int, stride: int, depth: int) -> nn.Sequential:
    """Return a stage of `depth` basic blocks, of which the first strides and projects."""
    first = BasicBlock(c_in, c_out, stride, projects=True)
    return nn.Sequential(first, *(BasicBlock(c_out, c_out, 1, projects=False) for _ in range(depth - 1)))
