"""Findings on the networks, and on how their cost was counted."""

from typing import Any, cast

import lga
from lga.backbones import MobileNetV3, ResNet18
from lga.backbones.mobilenetv3 import BLOCKS, InvertedResidual
from lga.tables.audit.networks import Network, count
from lga.tables.findings.finding import Finding
from lga.tables.published import PublishedRow

DETECTION = "dataset=digit_scenes"


def one_block_per_stage() -> Finding:
    """4: count ResNet18's blocks."""
    built, full = (_blocks(name) for name in ("resnet18", "resnet18_full"))
    return Finding(
        4,
        '"ResNet18" has one block per stage',
        "ResNet18, a network of two basic blocks in each of four stages",
        f"the published parameter counts are those of {built} blocks, one in each stage: the depth factor "
        "0.33 of the "
        f"family turned two into one. `resnet18_full` has {full}",
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
        f"{narrow} channels out of the last block, a quarter of {nominal}, from a hidden layer of {hidden}: "
        "the width "
        "factor 0.25 was applied to the outputs and not to the hidden layers",
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
        "takes "
        f"{classifier.gflops:.4f}. MHSA adds {hidden:.1f} MFLOPs to detection by that count and {true:.1f} "
        "at 640 x 640",
        "the classification column is of an image 400 times as large as any that was classified, and "
        "attention "
        "whose cost grows with the square of the positions looks cheap",
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
        "one block, whose number of heads is not told",
        f"the MNIST row's {printed['classification']:,} parameters need 12 heads (6 give "
        f"{counts['classification', 6]:,}); VisDrone's need 6 ({counts['detection', 6]:,}; 12 give "
        f"{counts['detection', 12]:,})",
        "the block was not the same in the two kinds of task; this project's configuration keeps both "
        "numbers",
        holds=counts["classification", 12] == printed["classification"]
        and counts["detection", 6] != counts["detection", 12],
    )


def _backbone(name: str) -> Any:
    network: Any = lga.build_model([DETECTION, f"backbone={name}"])
    return network.backbone


def _blocks(name: str) -> int:
    from lga.backbones.resnet18 import BasicBlock

    backbone = cast(ResNet18, _backbone(name))
    return sum(isinstance(module, BasicBlock) for module in backbone.modules())
