"""The paper's classifiers by timm's names, and its attention in timm's networks."""

import runpy
from functools import partial

import pytest
import timm
import torch
from timm.layers import EcaModule

import lga
import lga.classification.timm_models
from lga.attention import CBAM, LocalGlobalAttention, NoAttention
from lga.attention.timm_layer import as_timm_layer
from lga.system.errors import UserError
from tests.run.cells import ROOT


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def test_the_same_network_by_both_names():
    ours = lga.build_model(["dataset=mnist", "attention=lga"]).eval()
    theirs = timm.create_model("lga_mobilenetv3", num_classes=10).eval()
    theirs.load_state_dict(ours.state_dict())
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(theirs(images), ours(images))
    assert count(theirs) == 680630  # table 1's


@pytest.mark.parametrize(
    ("attn_layer", "kind"),
    [
        (NoAttention, NoAttention),
        ("eca", EcaModule),
        (CBAM, CBAM),
        (partial(LocalGlobalAttention, heads=4), LocalGlobalAttention),
    ],
)
def test_what_stands_in_the_slot(attn_layer, kind):
    model = timm.create_model("lga_resnet18", attn_layer=attn_layer)
    assert isinstance(model.backbone.attention, kind)


@pytest.mark.parametrize(
    ("name", "channels"),
    [("lga_mobilenetv3", (8, 16, 24)), ("lga_resnet18", (32, 64, 128)), ("lga_yolov8", (64, 128, 256))],
)
@torch.no_grad()
def test_feature_maps(name, channels):
    features = timm.create_model(name, features_only=True, out_indices=(0, 2)).eval()
    maps = features(torch.rand(1, 3, 64, 96))
    assert features.feature_info.reduction() == [8, 32]
    assert features.feature_info.channels() == [channels[0], channels[2]]
    assert [tuple(x.shape[1:]) for x in maps] == [(channels[0], 8, 12), (channels[2], 2, 3)]


@torch.no_grad()
def test_the_methods_that_timm_expects():
    model = timm.create_model("lga_mobilenetv3", num_classes=5).eval()
    images = torch.rand(2, 3, 64, 64)
    features = model.forward_features(images)
    assert features.shape == (2, 24, 2, 2)
    torch.testing.assert_close(model.forward_head(features), model(images))
    assert model.forward_head(features, pre_logits=True).shape == (2, model.head_hidden_size)
    last, maps = model.forward_intermediates(images, indices=[1])
    torch.testing.assert_close(last, features)
    assert [tuple(x.shape) for x in maps] == [(2, 16, 4, 4)]
    model.reset_classifier(3)
    assert model(images).shape == (2, 3)
    assert model.get_classifier().out_features == model.num_classes == 3
    assert timm.create_model("lga_mobilenetv3", num_classes=0)(images).shape == (2, 1280)


def test_there_are_no_weights_and_no_grey_images():
    with pytest.raises(RuntimeError, match="No pretrained weights exist"):
        timm.create_model("lga_mobilenetv3", pretrained=True)
    with pytest.raises(UserError, match="in_chans=1: the paper's networks take images of 3 channels"):
        timm.create_model("lga_mobilenetv3", in_chans=1)


@pytest.mark.parametrize(("settings", "heads"), [({}, [8, 8, 16, 32]), ({"heads": 8}, [8, 8, 8, 8])])
def test_the_block_in_each_of_timms(settings, heads):
    """resnet10t has one block a stage, of 64, 128, 256, 512 channels."""
    layer = as_timm_layer(LocalGlobalAttention, **settings)
    model = timm.create_model("resnet10t", num_classes=3, block_args={"attn_layer": layer})
    found = [module.heads for module in model.modules() if isinstance(module, LocalGlobalAttention)]
    assert found == heads
    model(torch.rand(2, 3, 64, 64)).sum().backward()
    assert model.layer4[0].se.out_conv.weight.grad.abs().sum() > 0


def test_a_block_without_heads_goes_in_as_it_is():
    model = timm.create_model("resnet10t", block_args={"attn_layer": as_timm_layer(CBAM, kernel_size=3)})
    assert isinstance(model.layer1[0].se, CBAM)


def test_the_example_runs(capsys):
    runpy.run_path(str(ROOT / "examples" / "timm_attention.py"), run_name="__main__")
    output = capsys.readouterr().out
    assert "lga_mobilenetv3: 680,630 parameters, (2, 3, 64, 64) -> (2, 10)" in output
    assert "[8, 16, 32] [(32, 8, 8), (64, 4, 4), (128, 2, 2)]" in output
