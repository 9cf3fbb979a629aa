"""Path aggregation: coarse maps inform fine ones on the way down, fine ones coarse ones on the way back up.

Source: PANet (Liu et al., 2018), https://arxiv.org/abs/1803.01534, in the YOLOv8 family's form.

Shapes: B batch, H W height and width of the images; P3 P4 P5 maps of the backbone at strides 8, 16, 32, N3
N4 N5 those of the neck."""

import torch
from torch import Tensor, nn

from lga.backbones.author_checkpoint import Rules, unit_rules
from lga.backbones.blocks import C2f, ConvUnit

Triple = tuple[int, int, int]


class PathAggregation(nn.Module):
    """Map P3, P4, P5 to N3, N4, N5 at the same strides.

    Args:
        in_channels: channels of P3, P4, P5.
        channels: channels of N3, N4, N5.
        repeats: bottlenecks in each C2f.
    """

    def __init__(self, in_channels: Triple, channels: Triple, repeats: int) -> None:
        super().__init__()
        p3, p4, p5 = in_channels
        n3, n4, n5 = channels
        self.enlarge = nn.Upsample(scale_factor=2.0, mode="nearest")
        self.fuse_middle = C2f(p5 + p4, n4, repeats, shortcut=False)
        self.fuse_fine = C2f(n4 + p3, n3, repeats, shortcut=False)
        self.down_fine = ConvUnit(n3, n3, 3, 2)
        self.refine_middle = C2f(n3 + n4, n4, repeats, shortcut=False)
        self.down_middle = ConvUnit(n4, n4, 3, 2)
        self.refine_coarse = C2f(n4 + p5, n5, repeats, shortcut=False)

    def forward(self, p3: Tensor, p4: Tensor, p5: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return N3, N4, N5."""
        middle = self.fuse_middle(torch.cat((self.enlarge(p5), p4), 1))
        n3 = self.fuse_fine(torch.cat((self.enlarge(middle), p3), 1))
        n4 = self.refine_middle(torch.cat((self.down_fine(n3), middle), 1))
        n5 = self.refine_coarse(torch.cat((self.down_middle(n4), p5), 1))
        return n3, n4, n5

    def author_rules(self, first_block: int) -> Rules:
        """Return the rules of this neck, which begins with entry `first_block` of the author's list.

        Upsamplings and concatenations are entries of that list too; they have no parameters.
        """
        return (
            self.fuse_middle.author_rules("fuse_middle", f"model.{first_block + 2}")
            | self.fuse_fine.author_rules("fuse_fine", f"model.{first_block + 5}")
            | unit_rules("down_fine", f"model.{first_block + 6}")
            | self.refine_middle.author_rules("refine_middle", f"model.{first_block + 8}")
            | unit_rules("down_middle", f"model.{first_block + 9}")
            | self.refine_coarse.author_rules("refine_coarse", f"model.{first_block + 11}")
        )
