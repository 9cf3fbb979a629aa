"""Networks loaded by their run's folder, also a hostile one; what is no image."""

import shutil

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

import lga
from lga.attention import SqueezeExcite
from lga.backbones.weights_file import load as load_checkpoint
from lga.system.errors import UserError
from tests.run.cells import QUICK

RAN: list[str] = []


class Hostile(torch.nn.Module):
    """Runs as soon as it is built."""

    def __init__(self, *_, **__):
        super().__init__()
        RAN.append("built")

    def forward(self, x):
        return x


def harm(*_, **__):
    RAN.append("called")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    output = tmp_path_factory.mktemp("runs")
    return lga.train([*QUICK, f"paths.output_dir={output}"], attention="se", seed=2)


@pytest.fixture
def folder(trained, tmp_path):
    """A copy that may be spoilt, far from where it was trained."""
    return shutil.copytree(trained.folder, tmp_path / "copied")


def rewritten(folder, *keys, to):
    config = yaml.safe_load((folder / "config.yaml").read_text())
    node = config
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = to
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder


def test_overrides_without_a_seed_give_the_newest_run_of_the_cell(trained):
    given = [*QUICK, f"paths.output_dir={trained.record.config['paths']['output_dir']}", "attention=se"]
    model = lga.load(given)
    assert model.run.cell.seed == 2
    assert model.run.directory == trained.folder
    with pytest.raises(UserError, match="seed 0: not trained yet"):
        lga.load([*given, "seed=0"])


def test_a_folder_gives_the_network_of_its_chosen_epoch(folder):
    model = lga.load(folder)
    kept = load_checkpoint(folder / "checkpoints" / "best.ckpt")["state_dict"]
    assert all(torch.equal(value, kept[name]) for name, value in model.network.state_dict().items())
    assert not model.training
    assert isinstance(model.network.backbone.attention, SqueezeExcite)
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


def test_a_block_of_timm_is_loaded(tmp_path):
    run = lga.train([*QUICK, "trainer.max_epochs=1", f"paths.output_dir={tmp_path}"], attention="timm/eca")
    assert type(lga.load(run).network.backbone.attention).__name__ == "EcaModule"


def test_file_picture_and_array_are_seen_alike(trained, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "digit.png")
    model = lga.load(trained)
    seen = [model.predict(one) for one in (pixels, Image.fromarray(pixels), tmp_path / "digit.png")]
    assert seen[0].probabilities == seen[1].probabilities == seen[2].probabilities
    assert seen[0].label == max(seen[0].probabilities, key=seen[0].probabilities.get)
    assert lga.predict(trained.folder, pixels[:, :, 0]).probabilities.keys() == set("0123456789")
    assert seen[0]._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("wrong", [np.zeros((8, 8)), np.zeros((3, 8, 8), np.uint8), np.zeros(8, np.uint8)])
def test_what_is_no_image_is_refused(trained, wrong):
    with pytest.raises(UserError, match="give uint8 from 0 to 255"):
        lga.load(trained).predict(wrong)


@pytest.mark.parametrize(
    "target",
    [
        f"{__name__}.Hostile",
        f"{__name__}.harm",
        "os.system",
        "lga.run.cell.time.sleep",
        "lga.launch.local.os.system",
        "lga.run.execute.execute",
        "lga.detection.mmdet_bridge.MMDetDetector",
        "torch.hub.load",
        "timm.models._hub.torch.load",
        "lga.__main__.main",
    ],
)
def test_a_folder_that_names_other_classes_is_refused_before_anything_is_built(folder, target):
    RAN.clear()
    rewritten(folder, "attention", "block", to={"_target_": target, "_partial_": True})
    with pytest.raises(UserError, match=r"trust=True") as refused:
        lga.load(folder)
    assert "\n" not in str(refused.value)
    assert RAN == []


@pytest.mark.parametrize("where", [("backbone", "network"), ("task", "model"), ("detector", "model")])
def test_a_nested_class_is_looked_at_too(folder, where):
    RAN.clear()
    node = {"_target_": "lga.attention.NoAttention", "extra": [{"_target_": f"{__name__}.harm"}]}
    with pytest.raises(UserError, match="harm: no network of lga"):
        lga.load(rewritten(folder, *where, to=node))
    assert RAN == []


def test_trusted_it_is_built(folder):
    rewritten(folder, "attention", "block", to={"_target_": f"{__name__}.Hostile", "_partial_": True})
    with pytest.raises(UserError, match="another architecture"):  # its weights are of another block
        lga.load(folder, trust=True)
    assert RAN[-1] == "built"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: rewritten(folder, "seed", to="${oc.env:HOME}"), "seed"),
        (lambda f: rewritten(f, "task", "model", "num_classes", to="${oc.env:HOME}"), "plain values"),
        (lambda folder: rewritten(folder, "attention", to=None), "not the configuration of a run"),
        (lambda folder: (folder / "config.yaml").write_text("!!python/object/apply:os.getcwd []"), "config"),
        (lambda folder: (folder / "config.yaml").write_text("[1"), "not the configuration of a run"),
        (lambda folder: (folder / "config.yaml").write_text("a: 1"), "not the configuration of a run"),
        (lambda folder: (folder / "config.yaml").unlink(), "no run's folder"),
        (lambda folder: (folder / "checkpoints" / "best.ckpt").unlink(), "cannot be read"),
        (
            lambda folder: (folder / "checkpoints" / "best.ckpt").write_bytes(b"PK"),
            "its end is missing",
        ),
    ],
)
def test_a_spoilt_folder_is_one_line(folder, spoil, message):
    spoil(folder)
    with pytest.raises(UserError, match=message) as refused:
        lga.load(folder)
    assert "\n" not in str(refused.value)


def test_overrides_give_the_cells_own_weights(trained):
    again = lga.load([*QUICK, f"paths.output_dir={trained.folder.parents[4]}", "attention=se", "seed=2"])
    assert again.run.config_hash == trained.record.config_hash
