"""The brick of every network here: a convolution, its batch norm, and an activation.

Shapes: B batch, C channels, H W height and width.
"""

from torch import Tensor, nn


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
