"""timm's networks as backbones: strides and channels as their papers have them, slots, sizes, names."""

import pytest
import timm
import torch
from torch import nn

from lga.attention import LocalGlobalAttention, NoAttention, SqueezeExcite
from lga.backbones.timm.backbone import SimpleFeaturePyramid, TimmBackbone
from lga.system.errors import UserError

CHANNELS = {  # of P3, P4, P5: EfficientNet table 1; ConvNeXt-A of timm; ResNet table 1; YOLOv4's CSPDarknet53
    "efficientnet_b0": (40, 112, 320),
    "convnext_atto": (80, 160, 320),
    "resnet10t": (128, 256, 512),
    "cspdarknet53": (256, 512, 1024),
}


class Doubled(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        return 2 * x


def built(name, attention=NoAttention, **settings):
    torch.manual_seed(0)
    return TimmBackbone(attention, name, **settings).eval()


@pytest.fixture(autouse=True)
def _no_weights_are_asked_for(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("weights were to be fetched")

    monkeypatch.setattr("timm.models._builder.load_pretrained", refuse)


@pytest.mark.parametrize("name", CHANNELS)
@torch.no_grad()
def test_maps_at_strides_8_16_32(name):
    backbone = built(name)
    maps = backbone(torch.rand(1, 3, 64, 96))
    assert [tuple(x.shape[1:]) for x in maps] == [
        (c, 64 // s, 96 // s) for c, s in zip(CHANNELS[name], (8, 16, 32), strict=True)
    ]
    assert backbone.out_channels == CHANNELS[name]
    assert backbone.neck_channels == (64, 128, 256)  # YOLOv8n's
    assert backbone.least_image_size == 32


@pytest.mark.slow
@torch.no_grad()
def test_a_network_of_channels_last_maps_gives_channels_first():
    maps = built("swin_tiny_patch4_window7_224")(torch.rand(1, 3, 32, 64))
    assert [tuple(x.shape[1:]) for x in maps] == [(192, 4, 8), (384, 2, 4), (768, 1, 2)]


@torch.no_grad()
def test_a_plain_transformer_gets_a_pyramid_of_its_one_map():
    """192 channels at stride 16: the deconvolution of P3 halves them; P5 is P4's maximum over 2 x 2."""
    maps = built("vit_tiny_patch16_224")(torch.rand(1, 3, 64, 96))
    assert [tuple(x.shape[1:]) for x in maps] == [(96, 8, 12), (192, 4, 6), (192, 2, 3)]
    torch.testing.assert_close(maps[2], nn.functional.max_pool2d(maps[1], 2))


@torch.no_grad()
def test_a_classifier_gets_the_transformer_map_as_timms_own_head_does():
    backbone = built("vit_tiny_patch16_224", pyramid=False)
    images = torch.rand(1, 3, 32, 48)
    whole = timm.create_model("vit_tiny_patch16_224", dynamic_img_size=True).eval()
    own = {key.removeprefix("model."): value for key, value in backbone.body.state_dict().items()}
    missing, unexpected = whole.load_state_dict(own, strict=False)
    assert set(missing) == {"head.weight", "head.bias"}
    assert not unexpected
    tokens = whole.forward_features((images - 0.5) / 0.5)[:, 1:]  # without the class token
    expected = tokens.transpose(1, 2).reshape(1, 192, 2, 3)
    assert backbone.out_channels == (192, 192, 192)
    for level in backbone(images):
        torch.testing.assert_close(level, expected)


@torch.no_grad()
def test_it_is_timms_network_on_normalised_images():
    backbone = built("resnet10t")
    images = torch.rand(1, 3, 32, 32)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = backbone.body((images - mean.view(3, 1, 1)) / std.view(3, 1, 1))
    torch.testing.assert_close(list(backbone(images)), expected)


@pytest.mark.parametrize(
    ("stride", "channels", "sides"), [(8, (64, 64, 64), (8, 4, 2)), (32, (16, 32, 64), (32, 16, 8))]
)
def test_pyramids_of_other_strides(stride, channels, sides):
    pyramid = SimpleFeaturePyramid(64, stride)
    assert pyramid.out_channels == channels
    maps = pyramid(torch.rand(1, 64, 8, 8))
    assert [tuple(x.shape[1:]) for x in maps] == [(c, s, s) for c, s in zip(channels, sides, strict=True)]


@pytest.mark.parametrize(
    ("slots", "factors"),
    [("last", (1, 1, 2)), ([5], (1, 1, 2)), ([3, 5], (2, 1, 2)), ([3, 4, 5], (2, 2, 2)), ([4], (1, 2, 1))],
)
@torch.no_grad()
def test_slots_act_on_the_chosen_stages_alone(slots, factors):
    images = torch.rand(1, 3, 32, 32)
    plain, doubled = built("resnet10t"), built("resnet10t", Doubled, slots=slots)
    for factor, ours, theirs in zip(factors, plain(images), doubled(images), strict=True):
        torch.testing.assert_close(theirs, factor * ours)


def test_each_slot_has_its_stages_channels():
    several = built("resnet10t", Doubled, slots=[3, 5]).attention
    assert {name: block.channels for name, block in several.items()} == {"p3": 128, "p5": 512}
    assert built("resnet10t", Doubled).attention.channels == 512


def test_names_and_first_values_are_equal_whatever_the_slot_holds():
    without = built("convnext_atto").state_dict()
    others = built("convnext_atto", SqueezeExcite).state_dict()
    kept = {key: value for key, value in others.items() if not key.startswith("attention.")}
    assert len(kept) < len(others)
    assert kept.keys() == without.keys()
    assert all(torch.equal(kept[key], without[key]) for key in without)


def test_gradients_reach_the_block_and_the_first_layer():
    backbone = built("resnet10t", lambda channels: LocalGlobalAttention(channels, heads=32)).train()
    backbone(torch.rand(2, 3, 64, 64))[2].square().sum().backward()
    assert backbone.attention.out_conv.weight.grad.abs().sum() > 0
    assert next(backbone.body.parameters()).grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("efficientnet_bo", {}, "no network of that name; near: efficientnet_b0, efficientnet_b1"),
        ("resnet10t.c3_in1k", {}, "names weights to fetch"),
        ("eva02_tiny_patch14_224", {}, "a last map at stride 14"),
        ("coat_tiny", {"image_size": 32}, "takes no images of 32 pixels; the least is 224"),
        ("resnet10t", {"slots": [2]}, r"slots=\[2\]: set last, or a list of stages out of 3, 4, 5"),
        ("resnet10t", {"slots": "first"}, "slots=first: set last"),
        ("resnet10t", {"slots": [[3]]}, r"slots=\[\[3\]\]: set last"),
        ("resnet10t", {"slots": 3}, "slots=3: set last"),
        ("vit_tiny_patch16_224", {"pyramid": False, "slots": [4]}, "has one map for a classifier; set last"),
        ("resnet10t", {"scale": "q"}, "scale=.q. is unknown"),
        pytest.param("inception_v3", {}, r"\[9, 4, 1\], not an 8th", marks=pytest.mark.slow),
    ],
)
def test_a_mistake_is_one_line(name, settings, message):
    with pytest.raises(UserError, match=message) as refused:
        built(name, **settings)
    assert "\n" not in str(refused.value)


def test_the_author_has_no_weights_of_it():
    with pytest.raises(UserError, match="the author released no weights"):
        built("resnet10t").author_rules(("model.0.conv.weight",))
