"""Weights from a local file: timm's own state dicts fill the feature extractors, and nothing else does."""

import hashlib
import math
import pickle

import pytest
import timm
import torch
from safetensors.torch import save_file

from lga.attention import NoAttention
from lga.backbones.timm.backbone import TimmBackbone
from lga.system.errors import UserError


def written(path, weights):
    save_file(weights, path) if path.suffix == ".safetensors" else torch.save(weights, path)
    return str(path)


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(1)
    return timm.create_model("resnet10t").state_dict()


@pytest.mark.parametrize(
    ("name", "probe", "ours", "suffix"),
    [
        ("resnet10t", "layer1.0.conv1.weight", "layer1.0.conv1.weight", "safetensors"),
        ("convnext_atto", "stages.3.blocks.1.mlp.fc2.bias", "stages_3.blocks.1.mlp.fc2.bias", "pth"),
        ("vit_tiny_patch16_224", "norm.weight", "model.norm.weight", "pth"),
    ],
)
def test_every_weight_arrives(tmp_path, name, probe, ours, suffix):
    """Each tensor is one of the file's; the probe is at the place that timm's wrapper moves it to."""
    drawn = timm.create_model(name).state_dict()
    source = {key: value + 0.5 if value.is_floating_point() else value for key, value in drawn.items()}
    backbone = TimmBackbone(NoAttention, name, checkpoint=written(tmp_path / f"w.{suffix}", source))
    filled = backbone.body.state_dict()
    assert torch.equal(filled[ours], source[probe])
    theirs = sorted(float(value.double().sum()) for value in filled.values())
    expected = {round(float(value.double().sum()), 6) for value in source.values()}
    assert all(round(value, 6) in expected for value in theirs)


def test_the_classifiers_end_may_be_of_other_classes_or_missing(tmp_path, resnet):
    other = {**resnet, "fc.weight": torch.zeros(3, 512), "fc.bias": torch.zeros(3)}
    without = {key: value for key, value in resnet.items() if not key.startswith("fc.")}
    for weights in (other, without, {"state_dict": resnet}):
        TimmBackbone(NoAttention, "resnet10t", checkpoint=written(tmp_path / "w.pth", weights))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("conv1.0.weight"), r"1 missing \(conv1.0.weight\)"),
        (lambda w: w.update(extra=torch.zeros(1)), r"1 unexpected \(extra\)"),
        (
            lambda w: w.update({"conv1.0.weight": torch.zeros(24, 3, 5, 5)}),
            r"1 of another shape \(conv1.0.weight \(24, 3, 5, 5\) instead of \(24, 3, 3, 3\)\)",
        ),
        (
            lambda w: w.update({"conv1.0.weight": w["conv1.0.weight"] * math.nan}),
            r"1 with numbers that are complex or not finite \(conv1.0.weight\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, resnet, change, message):
    weights = dict(resnet)
    change(weights)
    with pytest.raises(UserError, match=message) as refused:
        TimmBackbone(NoAttention, "resnet10t", checkpoint=written(tmp_path / "w.pth", weights))
    assert "\n" not in str(refused.value)


class Harmful:
    """Pickled, it would make a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_code_in_a_file_is_not_run(tmp_path):
    path, trace = tmp_path / "w.pth", tmp_path / "trace"
    torch.save({"conv1.0.weight": Harmful(trace)}, path)
    with pytest.raises(UserError, match="refused, it holds more than tensors"):
        TimmBackbone(NoAttention, "resnet10t", checkpoint=str(path))
    path.write_bytes(pickle.dumps(Harmful(trace), protocol=2))
    with pytest.raises(UserError, match="refused, it holds more than tensors"):
        TimmBackbone(NoAttention, "resnet10t", checkpoint=str(path))
    assert not trace.exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("w.safetensors", b"not one", "safetensors begin otherwise"),
        ("w.pth", b"", "is empty"),
        ("w.pth", b"hi\n", "neither what torch.save wrote nor safetensors"),
        ("w.pth", b"\x80\x02epoch,step\n1,2\n", "no tensors in it"),
        ("missing.pth", None, r"cannot be read \(No such file"),
    ],
)
def test_a_file_that_is_none_is_reported(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        TimmBackbone(NoAttention, "resnet10t", checkpoint=str(path))


def test_a_flipped_bit_is_damage(tmp_path, resnet):
    path = tmp_path / "w.pth"
    torch.save(resnet, path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"^checkpoint=.*w\.pth: not a readable checkpoint \(the checksum"):
        TimmBackbone(NoAttention, "resnet10t", checkpoint=str(path))


def test_another_file_than_the_one_asked_for_is_refused(tmp_path, resnet):
    path = written(tmp_path / "w.safetensors", resnet)
    digest = hashlib.sha256((tmp_path / "w.safetensors").read_bytes()).hexdigest()
    TimmBackbone(NoAttention, "resnet10t", checkpoint=path, checkpoint_sha256=digest)
    with pytest.raises(UserError, match=f"its SHA-256 is {digest} and not {'0' * 64}"):
        TimmBackbone(NoAttention, "resnet10t", checkpoint=path, checkpoint_sha256="0" * 64)
