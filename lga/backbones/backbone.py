"""What every backbone offers to a classifier or a detector.

Shapes: B batch, H W height and width of the images; P3 P4 P5 maps at strides 8, 16, 32.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection

from torch import Tensor, nn

from lga.attention.no_attention import NoAttention
from lga.backbones.author_checkpoint import Rules

MakeAttention = Callable[[int], nn.Module]


class Backbone(nn.Module, ABC):
    """Maps images to features at three strides; `attention` is the slot at its end.

    Attributes:
        out_channels: channels of P3, P4, P5.
        neck_channels: widths of a detector's neck on this backbone, finest level first.
        neck_repeats: bottlenecks in each block of that neck.
        attention: the block in the slot, applied to P5; `NoAttention` when there is none.
        author_blocks: entries before the slot in the author's layer list.
        least_image_size: side in pixels of the smallest images that it takes.
    """

    out_channels: tuple[int, int, int]
    neck_channels: tuple[int, int, int]
    neck_repeats: int
    attention: nn.Module
    author_blocks: int
    least_image_size: int = 32

    @abstractmethod
    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map images (B, 3, H, W) to P3, P4, P5."""

    @abstractmethod
    def block_rules(self, checkpoint_keys: Collection[str]) -> Rules:
        """Return the author's prefix of each of this network's prefixes, the slot left out."""

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
