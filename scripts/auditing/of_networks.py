"""Findings on the networks, on how their cost was counted, and on the blocks that LGA is compared with."""

from typing import Any, cast

import torch
from torch import nn

from lga.attention import CBAM, MultiHeadSelfAttention, SqueezeExcite
from lga.backbones import MobileNetV3
from lga.backbones.mobilenetv3 import BLOCKS, ChannelGate, InvertedResidual
from lga.backbones.resnet18 import BasicBlock
from lga.results.audited import Finding
from lga.results.published import PublishedRow
from lga.run.build import build_model
from scripts.auditing.rows import Network, count

DETECTION = "dataset=digit_scenes"
CHANNELS = 24


def one_block_per_stage() -> Finding:
    """4: count ResNet18's blocks."""
    built, full = (_blocks(name) for name in ("resnet18", "resnet18_full"))
    return Finding(
        4,
        '"ResNet18" has one block per stage',
        "ResNet18, a network of two basic blocks in each of four stages",
        f"the published parameter counts are those of {built} blocks, one in each stage: the depth factor "
        f"0.33 of the family turned two into one. `resnet18_full` has {full}",
        "the ResNet18 rows are of a network of about half that depth, at a quarter of its width",
        holds=(built, full) == (4, 8),
    )


def unscaled_hidden_widths() -> Finding:
    """5: MobileNetV3's widths."""
    backbone = cast(MobileNetV3, _backbone("mobilenetv3"))
    last = cast(InvertedResidual, backbone.blocks[-1])
    hidden, narrow, nominal = BLOCKS[-1].hidden, backbone.out_channels[-1], BLOCKS[-1].out
    return Finding(
        5,
        f"MobileNetV3 has {narrow} channels at its end",
        f"MobileNetV3-Small, whose last block has {nominal} channels and hidden layers of {hidden}",
        f"{narrow} channels out of the last block, a quarter of {nominal}, from a hidden layer of "
        f"{hidden}: the width factor 0.25 was applied to the outputs and not to the hidden layers",
        f"attention in the slot works on {narrow} channels; no other MobileNetV3 has this shape",
        holds=narrow * 4 == nominal and last.project.convolution.weight.shape[1] == hidden,
    )


def flops_of_another_image(rows: tuple[PublishedRow, ...]) -> Finding:
    """8: the GFLOPs column against the cost of the real image; attention's quadratic part."""
    printed = next(row.gflops for row in rows if row.cell == ("mnist", "mobilenetv3", "none"))
    classifier = count(Network("classification", "mobilenetv3", "none", 10))
    none, mhsa = (count(Network("detection", "mobilenetv3", name, 2)) for name in ("none", "mhsa"))
    hidden, true = 1000 * (mhsa.gflops_paper - none.gflops_paper), 1000 * (mhsa.gflops - none.gflops)
    return Finding(
        8,
        "GFLOPs are of a 32 x 32 image times 400",
        f"{printed} GFLOPs for the classification of 28 x 28 images",
        f"the toolchain's way gives {classifier.gflops_paper:.4f}; one image as it is classified (32 x 32) "
        f"takes {classifier.gflops:.4f}. MHSA adds {hidden:.1f} MFLOPs to detection by that count and "
        f"{true:.1f} at 640 x 640",
        "the classification column is of an image 400 times as large as any that was classified, and "
        "attention whose cost grows with the square of the positions looks cheap",
        holds=f"{classifier.gflops_paper:.1f}" == f"{printed:.1f}" and true > 2 * hidden,
    )


def two_numbers_of_heads() -> Finding:
    """11: LGA's parameters with 12 and with 6 heads, by task."""
    counts = {
        (task, heads): count(Network(task, "mobilenetv3", "lga", 10, heads)).parameters
        for task in ("classification", "detection")
        for heads in (6, 12)
    }
    printed = {"classification": 680_630, "detection": counts["detection", 6]}
    return Finding(
        11,
        "LGA has 12 heads in classification and 6 in detection, on the same 24 channels",
        "one block, whose number of heads is not given",
        f"the MNIST row's {printed['classification']:,} parameters need 12 heads (6 give "
        f"{counts['classification', 6]:,}); VisDrone's need 6 ({counts['detection', 6]:,}; 12 give "
        f"{counts['detection', 12]:,})",
        "the block was not the same in the two kinds of task; this project's configuration keeps both "
        "numbers",
        holds=counts["classification", 12] == printed["classification"]
        and counts["detection", 6] != counts["detection", 12],
    )


def _backbone(name: str) -> Any:
    network: Any = build_model([DETECTION, f"backbone={name}"])
    return network.backbone


def _blocks(name: str) -> int:
    return sum(isinstance(module, BasicBlock) for module in _backbone(name).modules())


def squeeze_in_every_row() -> Finding:
    """6: count the gates of MobileNetV3's own blocks, with attention none and with SE."""
    none, se = (_gates(attention) for attention in ("none", "se"))
    return Finding(
        6,
        "Every MobileNetV3 row has squeeze-and-excitation",
        "a row without attention beside one with SE",
        f"the network without attention has {none} squeeze-and-excitation gates in its own blocks; the SE "
        f"row has {se}, one more",
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
        f"pool; it has {weights} weights where a bottleneck of reduction 16 has {bottleneck}. Shuffling "
        f"the positions shuffles MHSA's output ({turned:.0e}): it knows no position; it has no scale, "
        "projection or residual either",
        "the comparison says nothing of the blocks of those names as their papers define them",
        holds=moved < 1e-5 and weights > bottleneck and turned < 1e-4,
    )


def _gates(attention: str) -> int:
    network: nn.Module = build_model([DETECTION, f"attention={attention}"])
    return sum(isinstance(module, ChannelGate | SqueezeExcite) for module in network.modules())
