"""The brick of every network here, a convolution with batch norm and activation, and the blocks made of it.

C2f, the YOLOv8 family's block, has two thin paths, one through a chain of bottlenecks, every stage kept.
Source: the network facts of arXiv 2411.09604's released layer lists.

SPPF, fast spatial pyramid pooling, puts a map beside itself pooled once, twice and three times. Source: He et
al. (2014), https://arxiv.org/abs/1406.4729, in the YOLO family's sequential form: three 5x5 pools in a row
see 5x5, 9x9 and 13x13 windows.

Shapes: B batch, C channels, H W height and width of the map.
"""

import torch
from torch import Tensor, nn

from lga.backbones.author_checkpoint import Rules, unit_rules


class ConvUnit(nn.Module):
    """Convolution (padding k // 2), batch norm, activation: (B, C_in, H, W) -> (B, C_out, H', W').

    Args:
        c_in: channels in.
        c_out: channels out.
        kernel: side of the square window.
        stride: stride of the window.
        groups: groups of the convolution; `c_in` makes it depthwise.
        bias: whether the convolution has a bias (the norm's own shift makes it redundant).
        activation: class of the activation; `nn.Identity` for none.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int = 1,
        stride: int = 1,
        *,
        groups: int = 1,
        bias: bool = False,
        activation: type[nn.Module] = nn.SiLU,
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=bias)
        self.norm = nn.BatchNorm2d(c_out)
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        """Return the unit's map, `stride` times smaller."""
        return self.activation(self.norm(self.convolution(x)))  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """Two 3x3 units, (B, C, H, W) -> (B, C, H, W), added to the input when `shortcut`."""

    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        self.first = ConvUnit(channels, channels, 3)
        self.second = ConvUnit(channels, channels, 3)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return the filtered map."""
        y: Tensor = self.second(self.first(x))
        return x + y if self.shortcut else y


class C2f(nn.Module):
    """Split in halves, chain bottlenecks on the last, join all pieces: (B, C_in, H, W) -> (B, C_out, H, W).

    Args:
        c_in: channels in.
        c_out: channels out; each piece has half of them.
        repeats: bottlenecks in sequence.
        shortcut: whether a bottleneck adds its input.
    """

    def __init__(self, c_in: int, c_out: int, repeats: int, shortcut: bool) -> None:
        super().__init__()
        hidden = c_out // 2
        self.split = ConvUnit(c_in, 2 * hidden)
        self.bottlenecks = nn.ModuleList(Bottleneck(hidden, shortcut) for _ in range(repeats))
        self.join = ConvUnit((2 + repeats) * hidden, c_out)

    def forward(self, x: Tensor) -> Tensor:
        """Return the joined map."""
        pieces: list[Tensor] = list(self.split(x).chunk(2, 1))
        for bottleneck in self.bottlenecks:
            pieces.append(bottleneck(pieces[-1]))
        return self.join(torch.cat(pieces, 1))  # type: ignore[no-any-return]

    def author_rules(self, ours: str, author: str) -> Rules:
        """Return the rules of this block, `ours` in our naming and `author` in the author's."""
        rules = unit_rules(f"{ours}.split", f"{author}.cv1") | unit_rules(f"{ours}.join", f"{author}.cv2")
        for i in range(len(self.bottlenecks)):
            rules |= unit_rules(f"{ours}.bottlenecks.{i}.first", f"{author}.m.{i}.cv1")
            rules |= unit_rules(f"{ours}.bottlenecks.{i}.second", f"{author}.m.{i}.cv2")
        return rules


class SPPF(nn.Module):
    """Map (B, C, H, W) to the same shape, each place informed of its neighbourhood's maxima."""

    def __init__(self, channels: int, kernel: int = 5) -> None:
        super().__init__()
        self.reduce = ConvUnit(channels, channels // 2)
        self.pool = nn.MaxPool2d(kernel, stride=1, padding=kernel // 2)
        self.join = ConvUnit(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return the joined map."""
        pooled = [self.reduce(x)]
        for _ in range(3):
            pooled.append(self.pool(pooled[-1]))
        return self.join(torch.cat(pooled, 1))  # type: ignore[no-any-return]

    def author_rules(self, ours: str, author: str) -> Rules:
        """Return the rules of this block, `ours` in our naming and `author` in the author's."""
        return unit_rules(f"{ours}.reduce", f"{author}.cv1") | unit_rules(f"{ours}.join", f"{author}.cv2")
