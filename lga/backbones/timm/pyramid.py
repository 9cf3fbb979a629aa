"""Three maps at strides 8, 16, 32 of the one map that a plain transformer has.

Source: the simple feature pyramid of ViTDet (Li et al., 2022), https://arxiv.org/abs/2203.16527, section 3:
deconvolutions of stride 2 make finer maps, max pooling of stride 2 coarser ones, all from the last map.
Deviations: no stride 4, and no 1x1 and 3x3 convolutions after, because the detector's neck has them.

Shapes: B batch, C channels, h w the map.
"""

from torch import Tensor, nn

from lga.system.errors import UserError

STRIDES = (8, 16, 32)


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
