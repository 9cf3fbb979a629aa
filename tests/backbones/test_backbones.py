"""The backbones against the layer lists: parameters of each block, shapes, slots."""

import pytest
import torch
from torch import nn

from lga.attention import NoAttention, SqueezeExcite
from lga.backbones import MobileNetV3, ResNet18, YOLOv8
from tests.oracle_networks import parameter_count


def test_mobilenetv3_parameters_of_each_block():
    network = MobileNetV3(NoAttention)
    assert parameter_count(network.stem) == 3 * 8 * 9 + 2 * 8
    counts = [628, 2104, 2568, 9848, 43772, 43772, 14702, 19364, 61752, 211008, 211008]
    assert [parameter_count(block) for block in network.blocks] == counts


def test_mobilenetv3_adds_its_input_where_shapes_agree():
    shortcuts = [block.shortcut for block in MobileNetV3(NoAttention).blocks]
    assert [i for i, shortcut in enumerate(shortcuts, start=1) if shortcut] == [3, 5, 6, 7, 8, 10, 11]


def test_mobilenetv3_block_that_does_not_widen():
    """At scale m the stem has 8 * ceil(16 * 0.75 / 8) = 16 channels, as the first block's hidden layer."""
    network = MobileNetV3(NoAttention, scale="m")
    block = network.blocks[0]
    assert not block.widens
    # depthwise 16 * 9, its norm, the gate 16 -> 4 -> 16 with biases, projection 16 -> 16, its norm
    assert parameter_count(block) == 144 + 32 + (64 + 4 + 64 + 16) + 256 + 32
    assert block.author_rules("model.1")["project.norm"] == "model.1.conv.5"
    assert network.eval()(torch.rand(1, 3, 32, 32))[2].shape == (1, 72, 1, 1)


@pytest.mark.parametrize(("scale", "number", "order"), [("n", 4, ["gate", "act"]), ("m", 1, ["act", "gate"])])
def test_mobilenetv3_gates_before_the_activation_if_it_widens_else_after(scale, number, order):
    block = MobileNetV3(NoAttention, scale).blocks[number - 1]
    called = []
    block.gate.register_forward_hook(lambda *_: called.append("gate"))
    block.activation.register_forward_hook(lambda *_: called.append("act"))
    c_in = 16 if scale == "m" else 8
    block(torch.rand(2, c_in, 4, 4))
    assert called == order


def test_resnet18_parameters_of_each_block():
    network = ResNet18(NoAttention)
    blocks = [*network.stem, *network.stages]
    assert [parameter_count(block) for block in blocks] == [240, 600, 1200, 5008, 14624, 57920, 230528]


def test_resnet18_with_two_blocks_per_stage():
    """A second block of c channels has two 3x3 units c -> c: 2 (9 c^2 + c + 2 c)."""
    second = [2 * (9 * c * c + 3 * c) for c in (16, 32, 64, 128)]
    full = ResNet18(NoAttention, blocks_per_stage=2)
    assert parameter_count(full) == parameter_count(ResNet18(NoAttention)) + sum(second)


def test_resnet18_depth_rule_reaches_two_at_scale_l():
    assert [len(stage) for stage in ResNet18(NoAttention, scale="l").stages] == [2, 2, 2, 2]


def test_yolov8_parameters_of_each_block():
    """Conv a -> b: 9ab + 2b. C2f of c, n bottlenecks: c^2 + 2c + n (9c^2/2 + 2c) + (2+n) c^2/2 + 2c."""
    network = YOLOv8(NoAttention)
    convolutions = [network.stem, *network.downs]
    assert [parameter_count(c) for c in convolutions] == [464, 4672, 18560, 73984, 295424]
    assert [parameter_count(stage) for stage in network.stages] == [7360, 49664, 197632, 460288]
    assert parameter_count(network.pyramid) == 164608  # 256 * 128 + 256 + 512 * 256 + 512


def test_yolov8_takes_the_classifiers_cap():
    assert YOLOv8(NoAttention, scale="m").out_channels[2] == 576
    assert YOLOv8(NoAttention, scale="m", channel_cap=1024).out_channels[2] == 768


@pytest.mark.parametrize(
    ("network", "channels", "neck"),
    [(MobileNetV3, (8, 16, 24), 32), (ResNet18, (32, 64, 128), 32), (YOLOv8, (64, 128, 256), 64)],
)
def test_maps_at_strides_8_16_32(network, channels, neck):
    backbone = network(NoAttention).eval()
    maps = backbone(torch.rand(2, 3, 64, 96))
    assert [tuple(m.shape) for m in maps] == [
        (2, c, 64 // s, 96 // s) for c, s in zip(channels, (8, 16, 32), strict=True)
    ]
    assert backbone.out_channels == channels
    assert backbone.neck_channels == (neck, 2 * neck, 4 * neck)
    assert backbone.neck_repeats == 1


@pytest.mark.parametrize("network", [MobileNetV3, ResNet18, YOLOv8])
def test_the_slot_acts_on_the_coarsest_map_alone(network):
    class Doubled(nn.Module):
        def __init__(self, channels):
            super().__init__()

        def forward(self, x):
            return 2 * x

    torch.manual_seed(0)
    backbone = network(NoAttention).eval()
    doubled = network(Doubled).eval()
    doubled.load_state_dict(backbone.state_dict())
    images = torch.rand(1, 3, 64, 64)
    factors = [1, 1, 2]
    for factor, ours, theirs in zip(factors, backbone(images), doubled(images), strict=True):
        torch.testing.assert_close(theirs, factor * ours)


@pytest.mark.parametrize("network", [MobileNetV3, ResNet18, YOLOv8])
def test_names_are_equal_whatever_the_slot_holds(network):
    without = set(network(NoAttention).state_dict())
    with_attention = set(network(SqueezeExcite).state_dict())
    assert {key for key in with_attention if not key.startswith("attention.")} == without
