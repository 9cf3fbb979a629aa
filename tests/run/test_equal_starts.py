"""Cells of one seed start equal in every tensor outside the attention slot."""

from functools import cache
from itertools import product

import pytest
import torch
from omegaconf import OmegaConf

from lga.attention import LocalGlobalAttention
from lga.config.compose import CONFIG_DIR, compose
from lga.data.loading.random_streams import Stream, stream_seed
from lga.run.build import build_network

SLOT = "backbone.attention."
FILES = CONFIG_DIR / "attention"
ATTENTIONS = sorted(path.stem for path in FILES.glob("*.yaml") if path.stem != "none")
ABLATIONS = [  # one of each that changes what the block is made of
    f"ablation/{name}"
    for name in ("alpha_per_channel", "alpha_softmax", "kernels_3", "position_none", "scales_0")
]
OWN = [
    (f"dataset={dataset}", f"backbone={backbone}")
    for dataset in ("digits", "digit_scenes")
    for backbone in ("mobilenetv3", "resnet18", "resnet18_full", "yolov8")
]
VIT = ("dataset=digit_scenes", "backbone=timm/vit_tiny_patch16_224", "backbone.slots=[4,5]")
TIMM = [
    ("dataset=digits", "backbone=timm/convnext_atto"),
    ("dataset=digit_scenes", "backbone=timm/resnet10t"),
    VIT,
]
MMDET = [
    ("dataset=digit_scenes", f"detector={name}")
    for name in ("retinanet", "fcos", "tood", "rtmdet", "faster_rcnn", "cascade_rcnn")
]


@cache
def config(place, seed=1):
    return compose([*place, f"seed={seed}"])


def block_config(name):
    own = OmegaConf.load(FILES / f"{name}.yaml")
    if "defaults" in own:  # an ablation's: the variant's settings
        own = OmegaConf.merge(OmegaConf.load(FILES / "lga_variant.yaml"), own)
    return own.block


def start(place, attention, seed=1):
    """The first tensors of a cell's network by name: in its slot, and outside of it."""
    cfg = config(place, seed).copy()
    cfg.attention.block = block_config(attention)
    state = build_network(cfg).state_dict()
    inside = {name.removeprefix(SLOT): tensor for name, tensor in state.items() if name.startswith(SLOT)}
    return inside, {name: tensor for name, tensor in state.items() if not name.startswith(SLOT)}


@cache
def without_attention(place):
    return start(place, "none")


def differing(one, other):
    assert one.keys() == other.keys()
    return [name for name in one if not torch.equal(one[name], other[name])]


@pytest.mark.parametrize(
    ("place", "attention"),
    [
        *product(OWN, ATTENTIONS),
        *product(OWN[:1], ABLATIONS),
        *product(TIMM, ["lga"]),
        *product(MMDET, ["lga"]),
    ],
    ids=str,
)
def test_no_tensor_outside_the_slot_differs(place, attention):
    (nothing, expected), (block, found) = without_attention(place), start(place, attention)
    assert block
    assert not nothing
    assert differing(found, expected) == []


def test_slots_and_seeds_start_differently():
    """Of a ViT's pyramid P4 and P5 have equally many channels."""
    block, rest = start(VIT, "lga")
    other_block, other_rest = start(VIT, "lga", seed=2)
    slots = [
        {name[3:]: x for name, x in block.items() if name.startswith(slot) and len(x.unique()) > 1}
        for slot in ("p4.", "p5.")
    ]
    assert "position_encoding" in slots[0]
    assert differing(*slots) == list(slots[0])
    assert "p4.position_encoding" in differing(block, other_block)
    assert "backbone.body.model.blocks.0.attn.qkv.weight" in differing(rest, other_rest)


@pytest.mark.parametrize("place", [OWN[1], OWN[2], OWN[6]], ids=str)
def test_a_block_starts_as_it_does_alone(place):
    """Whatever was drawn before: ResNet18's slot has 128 channels."""
    torch.manual_seed(stream_seed(Stream.SLOT, 1, 0))
    alone = LocalGlobalAttention(128, 8).state_dict()
    assert differing(start(place, "lga")[0], alone) == []
