"""The anchor-free head: on each level one branch for the box's sides, one for the classes.

Source: YOLOv8's head; the sides as distributions after Generalized Focal Loss (Li et al., 2020),
https://arxiv.org/abs/2006.04388.

Shapes: B batch, C channels, H W height and width of a level, K classes, 64 = 4 sides x 16 bins.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lga.backbones.author_checkpoint import Rules, unit_rules
from lga.backbones.blocks import ConvUnit

STRIDES = (8, 16, 32)
BINS = 16
BOX_LOGITS = 4 * BINS


class DetectionHead(nn.Module):
    """Map three levels to raw maps (B, 64 + K, H, W): box logits, then class logits.

    Args:
        in_channels: channels of the levels at strides 8, 16, 32.
        num_classes: K.

    Attributes:
        bin_values: (1, 16, 1, 1), the distance that each bin stands for, 0 to 15; a frozen parameter, which
            the published parameter counts include.
    """

    def __init__(self, in_channels: Sequence[int], num_classes: int) -> None:
        super().__init__()
        box_width = max(16, in_channels[0] // 4, BOX_LOGITS)
        class_width = max(in_channels[0], min(num_classes, 100))
        self.box_branches = nn.ModuleList(_branch(c, box_width, BOX_LOGITS) for c in in_channels)
        self.class_branches = nn.ModuleList(_branch(c, class_width, num_classes) for c in in_channels)
        bins = torch.arange(BINS, dtype=torch.float32).view(1, BINS, 1, 1)
        self.bin_values = nn.Parameter(bins, requires_grad=False)
        self.reset_biases()

    def reset_biases(self) -> None:
        """Set the last biases to what a network should say before it has learnt: few objects, small boxes."""
        for box, classes, stride in zip(self.box_branches, self.class_branches, STRIDES, strict=True):
            class_bias: Tensor = classes[-1].bias  # type: ignore[index]
            nn.init.constant_(box[-1].bias, 1.0)  # type: ignore[index]
            nn.init.constant_(class_bias, math.log(5 / class_bias.numel() / (640 / stride) ** 2))

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Return the raw map (B, 64 + K, H, W) of each level (B, C, H, W)."""
        branches = zip(levels, self.box_branches, self.class_branches, strict=True)
        return [torch.cat((box(level), classes(level)), 1) for level, box, classes in branches]

    def author_rules(self, author: str) -> Rules:
        """Return the rules of this head, which the author calls `author`."""
        rules = {"bin_values": f"{author}.dfl.conv.weight"}
        for ours, theirs in (("box_branches", "cv2"), ("class_branches", "cv3")):
            for level in range(len(STRIDES)):
                for unit in range(2):
                    rules |= unit_rules(f"{ours}.{level}.{unit}", f"{author}.{theirs}.{level}.{unit}")
                rules[f"{ours}.{level}.2"] = f"{author}.{theirs}.{level}.2"
        return rules


def _branch(c_in: int, width: int, c_out: int) -> nn.Sequential:
    """Return two 3x3 units and a 1x1 convolution with bias."""
    return nn.Sequential(ConvUnit(c_in, width, 3), ConvUnit(width, width, 3), nn.Conv2d(width, c_out, 1))
