"""Findings on the blocks that LGA is compared with, as they were released."""

import torch
from torch import nn

import lga
from lga.attention import CBAM, MultiHeadSelfAttention
from lga.tables.audit.networks import DATASETS
from lga.tables.findings.finding import Finding

CHANNELS = 24


def squeeze_in_every_row() -> Finding:
    """6: count the gates of MobileNetV3's own blocks, with attention none and with SE."""
    none, se = (_gates(attention) for attention in ("none", "se"))
    return Finding(
        6,
        "Every MobileNetV3 row has squeeze-and-excitation",
        "a row without attention beside one with SE",
        f"the network without attention has {none} squeeze-and-excitation gates in its own blocks; the SE "
        "row has "
        f"{se}, one more",
        "`none` is not free of attention, and the SE row shows what one more gate does",
        holds=none > 0 and se == none + 1,
    )


def not_cbam() -> Finding:
    """7: what CBAM's channel gate reacts to and how many weights it has; what MHSA knows of positions."""
    torch.manual_seed(0)
    cbam, mhsa = CBAM(CHANNELS), MultiHeadSelfAttention(CHANNELS)
    x = torch.randn(1, CHANNELS, 8, 8)
    peaked = x.clone()
    peaked[:, :, 0, 0] += 10
    peaked[:, :, 0, 1] -= 10
    gate = cbam.channel_attention
    with torch.no_grad():
        # Where nothing but the maximum changed, a gate that looks at it would scale everything else anew.
        moved = float((gate(peaked) - gate(x))[:, :, 1:].abs().max())
        order = torch.randperm(64)
        shuffled = x.flatten(2)[..., order].view_as(x)
        turned = float((mhsa(shuffled).flatten(2) - mhsa(x).flatten(2)[..., order]).abs().max())
    weights, bottleneck = gate.fc.weight.numel(), 2 * CHANNELS * (CHANNELS // 16)
    return Finding(
        7,
        '"CBAM" is not CBAM, and "MHSA" is bare',
        "comparison with CBAM and with multi-head self-attention",
        f"the channel gate changes by {moved:.0e} where the means stay and the maxima rise by 10: no max "
        "pool; it has "
        f"{weights} weights where a bottleneck of reduction 16 has {bottleneck}. Shuffling the positions "
        "shuffles "
        f"MHSA's output ({turned:.0e}): it knows no position; it has no scale, projection or residual either",
        "the comparison says nothing of the blocks of those names as their papers define them",
        holds=moved < 1e-5 and weights > bottleneck and turned < 1e-4,
    )


def _gates(attention: str) -> int:
    from lga.attention import SqueezeExcite
    from lga.backbones.mobilenetv3 import ChannelGate

    network: nn.Module = lga.build_model([f"dataset={DATASETS['detection']}", f"attention={attention}"])
    return sum(isinstance(module, ChannelGate | SqueezeExcite) for module in network.modules())
