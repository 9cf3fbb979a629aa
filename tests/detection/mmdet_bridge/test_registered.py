"""Our parts in configurations of mmdet: blocks as plugins, and the paper's detector made of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lga import attention, backbones
from lga.detection import Detector
from lga.detection.mmdet_bridge.packages import import_mmdet
from lga.detection.mmdet_bridge.samples import bare_samples, samples
from tests.detection.mmdet_bridge.detectors import batch

import_mmdet()

from mmcv.cnn import build_plugin_layer  # noqa: E402, after what it imports has been served
from mmdet.registry import MODELS  # noqa: E402
from mmengine.utils import import_modules_from_strings  # noqa: E402

import_modules_from_strings("lga.detection.mmdet_bridge.registered")

from lga.detection.mmdet_bridge.registered import ATTENTION, BACKBONES  # noqa: E402


def test_every_block_is_registered():
    """But those that only compare: none, and the capacity control."""
    others = {attention.NoAttention, attention.CapacityControl}
    blocks = {getattr(attention, name) for name in attention.__all__} - others
    assert set(ATTENTION.values()) == blocks
    networks = {getattr(backbones, name) for name in ("MobileNetV3", "ResNet18", "YOLOv8")}
    assert set(BACKBONES.values()) == networks


@pytest.mark.parametrize("name", ATTENTION)
def test_a_block_is_a_plugin(name):
    """Named by mmcv, given its channels by mmcv, and the same numbers as the block."""
    torch.manual_seed(0)
    settings = {"heads": 6} if name.startswith("LGAAttention") else {}
    layer, plugged = build_plugin_layer({"type": name, **settings}, in_channels=24, postfix="_after_conv3")
    block = ATTENTION[name](24, **settings)
    block.load_state_dict(plugged.state_dict())
    maps = torch.randn(2, 24, 5, 6)
    assert layer.endswith("_after_conv3")
    torch.testing.assert_close(plugged.eval()(maps), block.eval()(maps))


def test_a_plugin_keeps_the_weights_it_draws():
    """mmengine draws every convolution of a network in its own way before it asks a block for its own."""
    torch.manual_seed(0)
    plugged = build_plugin_layer({"type": "LGACBAM"}, in_channels=24)[1]
    spread = {name: value.std() for name, value in plugged.state_dict().items() if value.ndim == 4}
    for parameter in plugged.parameters():
        torch.nn.init.constant_(parameter, 3.0)
    plugged.init_weights()
    for name, value in plugged.state_dict().items():
        if name in spread:
            assert value.std() > spread[name] / 2


@pytest.fixture
def pair():
    """The paper's detector, and mmdet's SingleStageDetector of the registered parts with the same weights."""
    torch.manual_seed(0)
    backbone = backbones.MobileNetV3(lambda channels: attention.LocalGlobalAttention(channels, heads=6))
    paper = Detector(backbone, 10)
    registered = MODELS.build(
        {
            "type": "SingleStageDetector",
            "backbone": {"type": "LGAMobileNetV3", "attention": {"type": "LGAAttention", "heads": 6}},
            "neck": {
                "type": "LGAPathAggregation",
                "in_channels": backbone.out_channels,
                "channels": backbone.neck_channels,
                "repeats": backbone.neck_repeats,
            },
            "bbox_head": {
                "type": "LGADetectionHead",
                "num_classes": 10,
                "in_channels": backbone.neck_channels,
            },
        }
    )
    weights = paper.state_dict()
    registered.load_state_dict({name.replace("head.", "bbox_head."): weights[name] for name in weights})
    return paper, registered


def test_the_registered_parts_learn_as_the_papers_detector(pair):
    paper, registered = pair
    data = batch(ignore=(2,))
    terms = paper.train().loss(data).divided()
    total, named = registered.train().parse_losses(registered(data.images, samples(data), mode="loss"))
    torch.testing.assert_close(total, terms["total"])
    torch.testing.assert_close(named["loss_box"], 2 * terms["box"])


def test_the_registered_parts_predict_as_the_papers_detector(pair):
    """And in pixels of an original four times as wide and twice as high, where mmdet asks for those."""
    paper, registered = (network.eval() for network in pair)
    images = batch().images
    bare = bare_samples(images)
    for sample in bare:
        sample.set_metainfo({"scale_factor": (0.25, 0.5)})
    for found, sample in zip(paper.predict(images), registered(images, bare, mode="predict"), strict=True):
        expected = found.boxes * torch.tensor([4.0, 2.0, 4.0, 2.0])
        torch.testing.assert_close(sample.pred_instances.bboxes, expected)
        torch.testing.assert_close(sample.pred_instances.scores, found.scores)


@pytest.mark.slow
def test_the_example_runs():
    """Three bottlenecks in the last stage of a ResNet-50, one block in each."""
    script = Path(__file__).parents[3] / "examples" / "mmdet_plugin.py"
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=300, check=False, env=os.environ
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("3 blocks, 105 of their parameters with a gradient, loss ")
