"""Make any network of timm with feature maps a backbone, the slot after its last stage or after several.

Sources: timm, https://github.com/huggingface/pytorch-image-models; the networks are timm's own, their heads
left out. Images in [0, 1] are normalised by the constants that timm keeps for the network.

A plain transformer's one map becomes three by the simple feature pyramid of ViTDet (Li et al., 2022),
https://arxiv.org/abs/2203.16527, section 3: deconvolutions of stride 2 make finer maps, max pooling of stride
2 coarser ones, all from the last map. Deviations: no stride 4, and no 1x1 and 3x3 convolutions after, because
the detector's neck has them.

Shapes: B batch, C channels, H W height and width of the images, h w the map; P3 P4 P5 maps at strides 8, 16,
32.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from lga.backbones.backbone import Backbone, MakeAttention, scale_named
from lga.backbones.timm.networks import (
    FeatureMap,
    Outline,
    feature_network,
    least_size,
    load_timm_checkpoint,
    outline,
    tried,
)
from lga.system.errors import UserError

STRIDES = (8, 16, 32)
NECK_WIDTHS = (256, 512, 1024)  # YOLOv8's
NECK_REPEATS = 3
STAGES = (3, 4, 5)


class SimpleFeaturePyramid(nn.Module):
    """Map (B, C, h, w) at `stride` to P3, P4, P5 at strides 8, 16, 32.

    Args:
        channels: C.
        stride: stride of the map, 8, 16 or 32.

    Attributes:
        out_channels: channels of P3, P4, P5; each deconvolution halves them.

    Raises:
        UserError: the stride is another.
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        if stride not in STRIDES:
            raise UserError(
                f"a detector needs maps at strides 8, 16, 32; of a last map at stride {stride} none are; "
                "choose a network with a map at one of these, such as a ViT with patch16 in its name"
            )
        finer = [max(stride // level, 1).bit_length() - 1 for level in STRIDES]  # times 2
        coarser = [max(level // stride, 1) for level in STRIDES]
        self.out_channels = (channels >> finer[0], channels >> finer[1], channels >> finer[2])
        self.levels = nn.ModuleList(
            nn.MaxPool2d(pool) if pool > 1 else _finer(channels, times)
            for times, pool in zip(finer, coarser, strict=True)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return P3, P4, P5."""
        p3, p4, p5 = (level(x) for level in self.levels)
        return p3, p4, p5


def _finer(channels: int, times: int) -> nn.Module:
    """Deconvolutions that double the map's size `times`, batch norm and GELU between two."""
    layers: list[nn.Module] = []
    for i in range(times):
        c_in, c_out = channels >> i, channels >> (i + 1)
        between = [nn.BatchNorm2d(c_in), nn.GELU()] if i else []
        layers += [*between, nn.ConvTranspose2d(c_in, c_out, 2, 2)]
    return nn.Sequential(*layers)


class TimmBackbone(Backbone):
    """timm's network `name`: images (B, 3, H, W) -> P3, P4, P5 at strides 8, 16, 32.

    A network without maps at these strides, such as a ViT, gets them by a simple feature pyramid, or without
    one returns its last map three times, which is what a classifier needs.

    Args:
        attention: builds the block of a slot from its number of channels.
        name: timm's name of the network, without the name of weights.
        scale: one of n, s, m, l, x; of the detector's neck alone.
        slots: "last", or the stages with a slot, of 3, 4, 5 for P3, P4, P5; `attention` is then a dict of
            blocks "p3", "p4", "p5".
        pyramid: whether maps at strides 8, 16, 32 are needed, as by a detector; a network that lacks them
            then gets a pyramid.
        image_size: side in pixels of the images to come, to be refused here if it must be; None if unknown.
        checkpoint: file with the network's weights in timm's naming; None draws them.
        checkpoint_sha256: of that file, in hexadecimal; None takes any.

    Attributes:
        least_image_size: side in pixels of the smallest images that it takes, of the multiples of 32.

    Raises:
        UserError: timm has no such network, it has no fitting maps, does not take images of that size, the
            file does not fit, or there is no such scale or stage.
    """

    def __init__(
        self,
        attention: MakeAttention,
        name: str,
        scale: str = "n",
        slots: str | Sequence[int] = "last",
        pyramid: bool = True,
        image_size: int | None = None,
        checkpoint: str | None = None,
        checkpoint_sha256: str | None = None,
    ) -> None:
        super().__init__()
        rule = scale_named(scale)
        self.name = name
        self.neck_channels = rule.triple(NECK_WIDTHS)
        self.neck_repeats = rule.repeats(NECK_REPEATS)
        found = outline(name)
        maps = _maps_at_strides(found)
        self.body = feature_network(name, found, maps)
        if checkpoint is not None:
            load_timm_checkpoint(self.body, found.state, Path(checkpoint), checkpoint_sha256)
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(found.mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(found.std).view(3, 1, 1), persistent=False)
        self.pyramid, self.out_channels = self._levels(maps, pyramid)
        self.stages = self._stages(slots, len(maps) > 1 or pyramid)
        self.attention = self._slots(attention)
        self.least_image_size = self._least_image_size(image_size)
        if pyramid:
            self._check_sides(self.least_image_size)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map images (B, 3, H, W) in [0, 1] to P3, P4, P5."""
        p3, p4, p5 = self._three(self.body((images - self.mean) / self.std))
        return self._attended(3, p3), self._attended(4, p4), self._attended(5, p5)

    def _three(self, maps: list[Tensor]) -> Sequence[Tensor]:
        """P3, P4, P5 before attention, of the maps that timm's network gives."""
        if str(getattr(self.body, "output_fmt", "NCHW")).endswith("NHWC"):
            maps = [x.permute(0, 3, 1, 2) for x in maps]
        if self.pyramid is not None:
            return cast(Sequence[Tensor], self.pyramid(maps[0]))
        return maps if len(maps) > 1 else maps * 3

    def _attended(self, stage: int, level: Tensor) -> Tensor:
        if stage not in self.stages:
            return level
        block = self.attention[f"p{stage}"] if isinstance(self.attention, nn.ModuleDict) else self.attention
        return cast(Tensor, block(level))

    def _levels(
        self, maps: Sequence[FeatureMap], wanted: bool
    ) -> tuple[SimpleFeaturePyramid | None, tuple[int, int, int]]:
        """Return the pyramid, if there is to be one, and the channels of P3, P4, P5."""
        if len(maps) > 1:
            return None, (maps[0].channels, maps[1].channels, maps[2].channels)
        (last,) = maps
        if not wanted:
            return None, (last.channels, last.channels, last.channels)
        try:
            pyramid = SimpleFeaturePyramid(last.channels, last.stride)
        except UserError as error:
            raise UserError(f"timm/{self.name}: {error}") from error
        return pyramid, pyramid.out_channels

    def _stages(self, slots: str | Sequence[int], has_three: bool) -> tuple[int, ...]:
        if slots == "last":
            return STAGES[-1:]
        given = list(slots) if isinstance(slots, Sequence) else []
        if not given or any(stage not in STAGES for stage in given):
            raise UserError(f"slots={slots}: set last, or a list of stages out of 3, 4, 5 as [4,5]")
        stages = tuple(stage for stage in STAGES if stage in given)
        if not has_three and stages != STAGES[-1:]:
            raise UserError(f"slots={slots}: timm/{self.name} has one map for a classifier; set last")
        return stages

    def _slots(self, attention: MakeAttention) -> nn.Module:
        channels = dict(zip(STAGES, self.out_channels, strict=True))
        if self.stages == STAGES[-1:]:
            return attention(channels[5])
        return nn.ModuleDict({f"p{stage}": attention(channels[stage]) for stage in self.stages})

    def _least_image_size(self, image_size: int | None) -> int:
        """Try the network on the smallest images it takes, and on those to come."""
        least = least_size(self.body)
        if least is None:
            raise UserError(f"timm/{self.name}: takes no images of 32 to 512 pixels")
        if image_size is not None and least > STRIDES[-1] and tried(self.body, image_size) is None:
            raise UserError(
                f"timm/{self.name}: takes no images of {image_size} pixels; "
                f"the least is {least}: set image_size={least}"
            )
        return least

    def _check_sides(self, image_size: int) -> None:
        """Check that the maps are an 8th, a 16th and a 32nd of the images; without padding they are not."""
        maps = tried(self.body, image_size)
        sides = [level.shape[2] for level in self._three(maps)] if maps else []
        if sides != [image_size // stride for stride in STRIDES]:
            raise UserError(
                f"timm/{self.name}: of {image_size} pixels it makes maps of {sides}, not an 8th, "
                "a 16th and a 32nd as a detector needs; choose a network that pads its convolutions"
            )


def _maps_at_strides(found: Outline) -> list[FeatureMap]:
    """Return the maps at strides 8, 16, 32 if there are all three, else the last map alone."""
    chosen = [feature for feature in found.maps if feature.stride in STRIDES]
    return chosen if len(chosen) == len(STRIDES) else [found.maps[-1]]
