"""Findings on the released LGA block, measured on its literal form (`lga.attention.local_global.literal`)."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lga.attention import LocalGlobalAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention
from lga.results.audited import Finding

CHANNELS, HEADS, SIDE = 24, 6, 20  # MobileNetV3's slot in detection, a 640-pixel image


def dead_queries_and_keys() -> Finding:
    """1: replace the rows of queries and keys by noise; look at output and gradients."""
    block, x = _block(), _map()
    before = block(x)
    torch.autograd.backward(before.square().sum())
    rows = 2 * CHANNELS
    pointwise = _pointwise(block)
    gradients = [convolution.weight.grad for convolution in pointwise]
    query_key = max(_largest(gradient[:rows]) for gradient in gradients if gradient is not None)
    value = max(_largest(gradient[rows:]) for gradient in gradients if gradient is not None)
    with torch.no_grad():
        for convolution in pointwise:
            convolution.weight[:rows].normal_()
        change = _largest(block(x) - before)
    return Finding(
        1,
        "Queries and keys are dead in the released block",
        "attention weights from queries and keys pick what each branch passes on",
        f"new random query and key weights change the output by {change:.0e} at most; their largest "
        f"gradient is {query_key:.0e}, that of the value weights {value:.0e}",
        "what LGA adds is not attention between queries and keys; two thirds of its branches' pointwise "
        "parameters are counted and never used",
        holds=change < 1e-4 and query_key < 1e-4 * value,
    )


def a_third_of_the_channels() -> Finding:
    """2: which channels of its input a branch's output depends on."""
    block = _block()
    z = _map().requires_grad_()
    (gradient,) = torch.autograd.grad(block.attend(block.global_conv, z).square().sum(), z)
    of_channel = gradient.abs().amax((0, 2, 3))
    read = [channel for channel in range(CHANNELS) if of_channel[channel] > 1e-3 * of_channel.max()]
    return Finding(
        2,
        "Values see a third of the channels",
        "each head has queries, keys and values of its own channels",
        f"of {CHANNELS} channels the branches read {len(read)}: {read[0]} to {read[-1]}. The grouped "
        "convolution's output is cut into thirds across the heads, so the values come from the last third "
        "of the groups",
        "two thirds of the features reach the output only through the identity path",
        holds=len(read) == CHANNELS // 3,
    )


def exact_collapse() -> Finding:
    """3: the released block against the collapsed one that this project runs, the same weights."""
    literal = _block()
    ours = LocalGlobalAttention(CHANNELS, HEADS)
    ours.load_state_dict(literal.state_dict())
    x = _map()
    with torch.no_grad():
        expected = literal(x)
        difference = _largest(ours(x) - expected) / _largest(expected)
    return Finding(
        3,
        "The released block is a multi-scale gate and one 11 x 11 linear filter",
        "an adaptive attention mechanism of local and global branches",
        f"collapsed into that gate and filter it gives the same output to {difference:.0e} of its largest "
        "value, without energies and softmaxes",
        "the block can be run at a fraction of its cost (`make benchmark`), and its gain, where there is "
        "one, is that of a large linear filter",
        holds=difference < 1e-5,
    )


def position_tensor() -> Finding:
    """15: the position tensor as it is added at 20 x 20."""
    block = _block()
    position = block.position_encoding.detach()
    enlarged = F.interpolate(position, size=(SIDE, SIDE), mode="nearest")
    repeated = 1 - len(set(enlarged[0, 0].flatten().tolist())) / SIDE**2
    return Finding(
        15,
        "The position tensor is resized by nearest neighbour",
        "a learned positional encoding",
        f"a normal(0, 1) tensor of 14 x 14 (standard deviation {position.std():.2f}) for any map; at "
        f"{SIDE} x {SIDE} {100 * repeated:.0f} % of its positions repeat a neighbour's value",
        "at the start of training a blocky random pattern as large as normalised features is added to them",
        holds=repeated > 0.5 and abs(float(position.std()) - 1) < 0.1,
    )


def _block() -> LiteralLocalGlobalAttention:
    torch.manual_seed(0)
    return LiteralLocalGlobalAttention(CHANNELS, HEADS)


def _map() -> Tensor:
    return torch.randn(2, CHANNELS, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def _pointwise(block: LiteralLocalGlobalAttention) -> list[nn.Conv2d]:
    """Return the 1x1 convolutions that make queries, keys and values, in this order of their rows."""
    branches = cast("list[nn.Sequential]", [*block.local_convs, block.global_conv])
    return [cast(nn.Conv2d, branch[1]) for branch in branches]


def _largest(values: Tensor) -> float:
    return float(values.abs().max())
