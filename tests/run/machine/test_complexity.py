"""Operation counts: the paper's convention against thop itself and against figures of the published networks.

The figures 0.9104, 2.7992 and 8.3525 are those of the networks as published (paper/architectures.md and
datasets.md, section 12), 2.31, 3.15 and 8.08 their true counts at 640 x 640.
"""

import pytest
import torch
from thop import profile

import lga
from lga.attention.local_global.literal import LiteralLocalGlobalAttention
from lga.run.machine.complexity import paper_gflops, true_gflops

BRANCHES = {"lga": "both", "lga_local": "local", "lga_global": "global"}
DISTANCE_BINS = 16
SIDES_OF_ANCHORS = 4 * (4 * 4 + 2 * 2 + 1)  # anchors of a 32 x 32 image


def detector(backbone, attention="none", classes=2):
    return lga.build_model(
        [
            "dataset=digit_scenes",
            f"dataset.num_classes={classes}",
            f"backbone={backbone}",
            f"attention={attention}",
        ]
    ).eval()


def thop_gflops(model):
    macs, _ = profile(model, (torch.zeros(1, 3, 32, 32),), verbose=False)
    return 2 * macs * 400 / 1e9


def with_literal_attention(model, attention):
    if attention in BRANCHES:
        block = model.get_submodule("backbone.attention")
        literal = LiteralLocalGlobalAttention(block.channels, block.heads, BRANCHES[attention])
        model.set_submodule("backbone.attention", literal.eval())
    return model


def test_figure_of_the_published_classifier():
    assert paper_gflops(lga.build_model(["dataset=mnist"])) == pytest.approx(0.9104, abs=5e-5)


@pytest.mark.parametrize(
    ("backbone", "attention", "gflops"), [("mobilenetv3", "none", 2.7992), ("yolov8", "mhsa", 8.3525)]
)
def test_figures_of_published_detectors(backbone, attention, gflops):
    assert paper_gflops(detector(backbone, attention)) == pytest.approx(gflops, abs=5e-5)


@pytest.mark.parametrize(
    ("backbone", "gflops"), [("mobilenetv3", 2.31), ("resnet18", 3.15), ("yolov8", 8.08)]
)
def test_true_figures_at_640_pixels(backbone, gflops):
    assert true_gflops(detector(backbone), 640) == pytest.approx(gflops, abs=0.005)


@pytest.mark.parametrize(
    "attention", ["none", "se", "cbam", "eca", "mhsa", "shuffle", "lga", "lga_local", "lga_global"]
)
def test_thop_counts_the_same(attention):
    """Of a detector thop cannot see the expectation over bins: 16 operations for each side of each anchor."""
    classifier = lga.build_model(["dataset=mnist", f"attention={attention}"]).eval()
    ours = paper_gflops(classifier)
    assert ours == pytest.approx(thop_gflops(with_literal_attention(classifier, attention)), rel=1e-9)

    model = detector("resnet18", attention)
    ours = paper_gflops(model)
    expectation = 2 * DISTANCE_BINS * SIDES_OF_ANCHORS * 400 / 1e9
    theirs = thop_gflops(with_literal_attention(model, attention)) + expectation
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(
    ("attention", "branches"),
    [("lga", 4), ("lga_as_written", 4), ("lga_local", 3), ("lga_global", 1), ("lga_variant", 4)],
)
def test_operations_of_local_global_attention(attention, branches):
    """By hand: maps are 1 x 1, so a convolution costs one operation a weight, a softmax of n values 3n - 1.

    One softmax of 4 gates; in each branch 24 (12 heads of 2 x 2 energies, by rows) of 2 energies.
    """
    with_lga = lga.build_model(["dataset=mnist", f"attention={attention}"])
    without = lga.build_model(["dataset=mnist"])
    block = with_lga.get_submodule("backbone.attention")
    weights = sum(p.numel() for n, p in block.named_parameters() if n.endswith("weight"))
    macs = weights + 11 + branches * 24 * 5
    assert paper_gflops(with_lga) - paper_gflops(without) == pytest.approx(2 * macs * 400 / 1e9, abs=1e-9)


@pytest.mark.parametrize(("scales", "softmax"), [(0, 0), (1, 5), (4, 14)])
def test_operations_of_a_variant(scales, softmax):
    """By hand, as above: one local branch; the gate's softmax of 1 + scales values, none without scales."""
    settings = [f"attention.block.scales={scales}", "attention.block.local_kernels=[5]"]
    with_variant = lga.build_model(
        ["dataset=mnist", "attention=lga_variant", "attention.block.global_kernel=null", *settings]
    )
    without = lga.build_model(["dataset=mnist"])
    block = with_variant.get_submodule("backbone.attention")
    weights = sum(p.numel() for n, p in block.named_parameters() if n.endswith("weight"))
    macs = weights + softmax + 24 * 5
    difference = paper_gflops(with_variant) - paper_gflops(without)
    assert difference == pytest.approx(2 * macs * 400 / 1e9, abs=1e-9)
