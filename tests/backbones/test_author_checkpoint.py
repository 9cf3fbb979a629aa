"""Names and loading of the author's checkpoints."""

import pytest
import torch

from lga.attention import NoAttention, SqueezeExcite
from lga.backbones import MobileNetV3, ResNet18, YOLOv8, load_author_checkpoint
from lga.backbones.author_checkpoint import author_name, author_names
from lga.classification import Classifier
from lga.system.errors import UserError


def author_state(model):
    """A checkpoint of random weights that fits the model."""
    state = model.state_dict()
    names = author_names(state, model.author_rules())
    return {names[key]: torch.rand(value.shape).to(value.dtype) for key, value in state.items()}


def test_the_longest_prefix_wins():
    rules = {"backbone": "x", "backbone.stem": "model.0"}
    assert author_name("backbone.stem.norm.weight", rules) == "model.0.norm.weight"
    assert author_name("backbone.stemless.weight", rules) == "x.stemless.weight"
    assert author_name("head.weight", rules) == "head.weight"


@pytest.mark.parametrize(
    ("attention", "slot", "head"),
    [(NoAttention, None, "model.12."), (SqueezeExcite, "model.12.", "model.13.")],
)
def test_the_classifiers_head_follows_the_slot(attention, slot, head):
    model = Classifier(MobileNetV3(attention), 10)
    names = author_names(model.state_dict(), model.author_rules())
    assert names["head.linear.weight"] == f"{head}linear.weight"
    assert slot is None or names["backbone.attention.fc.0.weight"] == f"{slot}fc.0.weight"


@pytest.mark.parametrize("backbone", [MobileNetV3, ResNet18, YOLOv8])
def test_a_fitting_checkpoint_is_loaded_whole(backbone):
    model = Classifier(backbone(SqueezeExcite), 3)
    checkpoint = author_state(model)
    load_author_checkpoint(model, checkpoint)
    names = author_names(model.state_dict(), model.author_rules())
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, checkpoint[names[key]])


def test_every_kind_of_misfit_is_reported_and_nothing_is_loaded():
    model = Classifier(MobileNetV3(NoAttention), 10)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    checkpoint = author_state(model)
    checkpoint["model.12.linear.weight"] = torch.rand(1000, 1280)
    del checkpoint["model.0.conv.weight"]
    checkpoint |= {f"model.99.{i}": torch.rand(1) for i in range(5)}
    with pytest.raises(UserError) as raised:
        load_author_checkpoint(model, checkpoint)
    message = str(raised.value)
    assert "1 missing (model.0.conv.weight)" in message
    assert "5 unexpected (model.99.0, model.99.1, model.99.2, and 2 more)" in message
    assert "model.12.linear.weight (1000, 1280) instead of (10, 1280)" in message
    assert "\n" not in message
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, before[key])


def resnet18_names(stem, first, second, shortcut, order):
    """The author's names of a checkpoint whose units are called so; `order` is that of a stage's units."""
    entries = ("weight", "bias"), ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    units = [f"model.{i}.{stem}" for i in range(3)]
    for stage in range(4, 8):
        parts = {"first": first, "second": second, "shortcut": shortcut}
        units += [f"model.{stage}.{parts[part]}" for part in order]
    pairs = [unit.split("|") if "|" in unit else (f"{unit}.conv", f"{unit}.norm") for unit in units]
    pairs = [(a, b if b.startswith("model") else f"{a.rsplit('.', 1)[0]}.{b}") for a, b in pairs]
    return [
        f"{layer}.{entry}"
        for pair in pairs
        for layer, part in zip(pair, entries, strict=True)
        for entry in part
    ]


@pytest.mark.parametrize(
    ("stem", "first", "second", "shortcut", "order"),
    [
        (
            "conv|bn",
            "blocks.0.branch2a",
            "blocks.0.branch2b",
            "blocks.0.short",
            ("shortcut", "first", "second"),
        ),
        ("conv|bn", "0.conv1|bn1", "0.conv2|bn2", "0.downsample.0|1", ("first", "second", "shortcut")),
        ("0|1", "layer.0|1", "layer.3|4", "extra.0|1", ("first", "second", "shortcut")),
    ],
    ids=["pairs in units, shortcut first", "numbered pairs, shortcut last", "sequences"],
)
def test_resnet18_reads_the_names_inside_its_blocks_from_the_checkpoint(stem, first, second, shortcut, order):
    keys = resnet18_names(stem, first, second, shortcut, order)
    backbone = ResNet18(NoAttention)
    names = author_names(backbone.state_dict(), backbone.author_rules(keys))
    assert sorted(names.values()) == sorted(keys)
    convolution = "conv" if "|" not in shortcut else shortcut.split("|")[0].rsplit(".", 1)[-1]
    prefix = shortcut.split("|")[0] if "|" in shortcut else f"{shortcut}.{convolution}"
    assert names["stages.2.0.shortcut.convolution.weight"] == f"model.6.{prefix}.weight"


def test_resnet18_without_a_checkpoint_has_default_names():
    backbone = ResNet18(NoAttention, blocks_per_stage=2)
    names = author_names(backbone.state_dict(), backbone.author_rules())
    assert names["stages.1.0.shortcut.norm.weight"] == "model.5.blocks.0.short.norm.weight"
    assert names["stages.1.1.second.convolution.bias"] == "model.5.blocks.1.branch2b.conv.bias"
