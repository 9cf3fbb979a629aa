"""Define what every backbone offers to a classifier or a detector, and the scales of the paper's networks.

Source of the scales: the table of the YOLOv8 family, which the paper's networks share. Classification
networks take a channel cap of 1024 at every scale, detection networks the cap of the table.

Shapes: B batch, H W height and width of the images; P3 P4 P5 maps at strides 8, 16, 32.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from torch import Tensor, nn

from lga.attention.no_attention import NoAttention
from lga.backbones.author_checkpoint import Rules
from lga.system.errors import UserError

MakeAttention = Callable[[int], nn.Module]


@dataclass(frozen=True)
class Scale:
    """How a nominal network becomes a real one.

    Attributes:
        depth: factor on nominal repeats.
        width: factor on nominal channels.
        channel_cap: largest nominal width; larger ones are cut to it before the width factor is applied.
    """

    depth: float
    width: float
    channel_cap: int

    def channels(self, nominal: int) -> int:
        """Return the real width: the capped nominal times the width factor, rounded up to a multiple of 8."""
        return 8 * math.ceil(min(nominal, self.channel_cap) * self.width / 8)

    def triple(self, nominal: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the real widths of three levels."""
        return self.channels(nominal[0]), self.channels(nominal[1]), self.channels(nominal[2])

    def repeats(self, nominal: int) -> int:
        """Return the real number of repeats; a single block stays single."""
        return max(round(nominal * self.depth), 1) if nominal > 1 else nominal


SCALES = {
    "n": Scale(depth=0.33, width=0.25, channel_cap=1024),
    "s": Scale(depth=0.33, width=0.50, channel_cap=1024),
    "m": Scale(depth=0.67, width=0.75, channel_cap=768),
    "l": Scale(depth=1.00, width=1.00, channel_cap=512),
    "x": Scale(depth=1.00, width=1.25, channel_cap=512),
}


def scale_named(name: str, channel_cap: int | None = None) -> Scale:
    """Return the scale called `name`, with `channel_cap` in place of its own where one is given.

    Raises:
        UserError: there is no scale of that name.
    """
    if name not in SCALES:
        raise UserError(f"scale={name!r} is unknown: choose one of {', '.join(SCALES)}")
    scale = SCALES[name]
    return scale if channel_cap is None else replace(scale, channel_cap=channel_cap)


class Backbone(nn.Module, ABC):
    """Maps images to features at three strides; `attention` is the slot at its end.

    Attributes:
        out_channels: channels of P3, P4, P5.
        neck_channels: widths of a detector's neck on this backbone, finest level first; scale n's if unset.
        neck_repeats: bottlenecks in each block of that neck.
        attention: the block in the slot, applied to P5; `NoAttention` when there is none.
        author_blocks: entries before the slot in the author's layer list; of the paper's networks alone.
        least_image_size: side in pixels of the smallest images that it takes.
    """

    out_channels: tuple[int, int, int]
    neck_channels: tuple[int, int, int] = (64, 128, 256)
    neck_repeats: int = 1
    attention: nn.Module
    author_blocks: int = 0
    least_image_size: int = 32

    @abstractmethod
    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map images (B, 3, H, W) to P3, P4, P5."""

    def block_rules(self, checkpoint_keys: Collection[str]) -> Rules:
        """Return the author's prefix of each of this network's prefixes, the slot left out."""
        raise UserError(f"{type(self).__name__}: the author released no weights of it; give this project's")

    @property
    def next_author_block(self) -> int:
        """Index, in the author's layer list, of the first block after this backbone (no slot, no entry)."""
        return self.author_blocks + (0 if isinstance(self.attention, NoAttention) else 1)

    def author_rules(self, checkpoint_keys: Collection[str] = ()) -> Rules:
        """Return the author's prefix of each prefix of this backbone's state dict.

        Args:
            checkpoint_keys: the names to be met; read where the author's naming is not known beforehand.
        """
        return {**self.block_rules(checkpoint_keys), "attention": f"model.{self.author_blocks}"}
