"""`backbone=timm/<name>` as an option like any other: composed, swept, refused, counted."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file
from thop import profile

import lga
from lga.attention.timm_layer import FITTING, timm_block
from lga.config.compose import compose, composed_or_explained
from lga.config.frozen_run import FrozenRun, freeze
from lga.config.grid import experiment_runs
from lga.run.machine.complexity import attention_heads, complexity_of, paper_gflops
from lga.system.errors import UserError
from tests.run.cells import QUICK, ROOT, run_py


def hash_of(*overrides):
    return freeze(compose(overrides)).config_hash


def test_any_name_composes_to_a_cell_of_its_own(tmp_path):
    run = freeze(compose(["backbone=timm/convnext_atto", "attention=lga", f"paths.output_dir={tmp_path}"]))
    assert run.config["backbone"]["network"]["name"] == "convnext_atto"
    assert run.cell.backbone == "timm_convnext_atto"
    expected = tmp_path / "runs" / "digits" / "timm_convnext_atto" / "lga" / f"seed0-{run.config_hash[:8]}"
    assert run.directory == expected
    assert run.config_hash != hash_of("backbone=timm/convnext_tiny", "attention=lga")


def test_files_of_the_group_come_first():
    assert compose(["backbone=resnet18"]).backbone.network["_target_"] == "lga.backbones.ResNet18"


def test_grids_take_names():
    grid = ("backbone=timm/efficientnet_b0,timm/convnext_atto", "attention=none", "seed=1")
    runs = experiment_runs("digits_attentions", grid)
    assert [run.cell.backbone for run in runs] == ["timm_efficientnet_b0", "timm_convnext_atto"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("backbone=timm/eff-net", "backbone=timm/eff-net: not a timm model;"),
        (
            "backbone=efficientnet_b0",
            "valid: mobilenetv3, resnet18, resnet18_full, yolov8, timm/<name>",
        ),
        ("backbone=tim/efficientnet_b0", "backbone/tim=efficientnet_b0: there is no group"),
    ],
)
def test_other_names_are_refused_in_one_line(override, message):
    with pytest.raises(UserError, match=message) as refused:
        composed_or_explained([override])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["backbone.slots=[4,5]"], "backbone.slots: this backbone has no such setting; backbone=timm"),
        (["backbone.checkpoint=w.pth"], "backbone.checkpoint: this backbone has no such setting"),
        (
            ["backbone=timm/resnet10t", "backbone.checkpoint=no.pth"],
            r"^backbone\.checkpoint=no\.pth: cannot be read \(No such",
        ),
    ],
)
def test_settings_that_a_backbone_lacks_are_refused(overrides, message):
    with pytest.raises(UserError, match=message):
        freeze(compose(overrides))


def test_runs_of_the_papers_backbones_are_what_they_were_before_there_was_timm():
    """A run without the settings that came with timm has the hash that it had."""
    run = freeze(compose(["attention=lga"]))
    came = ("slots", "pyramid", "checkpoint", "checkpoint_sha256")
    before = {key: value for key, value in run.config["backbone"].items() if key not in came}
    assert len(before) == len(run.config["backbone"]) - len(came)
    assert FrozenRun({**run.config, "backbone": before}).config_hash == run.config_hash


def test_weights_are_known_by_their_content(tmp_path):
    path, moved = tmp_path / "w.safetensors", tmp_path / "moved.safetensors"
    for file in (path, moved):
        save_file({"x": torch.zeros(1)}, file)
    chosen = ("backbone=timm/resnet10t", f"backbone.checkpoint={path}")
    before = hash_of(*chosen)
    assert before != hash_of("backbone=timm/resnet10t")
    assert before == hash_of("backbone=timm/resnet10t", f"backbone.checkpoint={moved}")
    save_file({"x": torch.ones(1)}, path)
    assert before != hash_of(*chosen)


def test_heads_follow_the_channels_or_the_setting():
    chosen = ["backbone=timm/mobilenetv3_small_050", "attention=lga"]
    assert attention_heads(lga.build_model(chosen)) == [18]  # 288 / 16
    assert attention_heads(lga.build_model([*chosen, "backbone.lga_heads.classification=8"])) == [8]
    detecting = [*chosen, "dataset=digit_scenes", "backbone.slots=[3,5]"]
    assert attention_heads(lga.build_model(detecting)) == [8, 18]  # 16 / 2: six heads at least
    assert attention_heads(lga.build_model([chosen[0], "attention=se"])) == []


@pytest.mark.parametrize("name", ["resnet10t", "efficientnet_b0", "convnext_atto", "vit_tiny_patch16_224"])
def test_thop_counts_the_same(name):
    """thop, whose convention `gflops_paper` is, set to count the network at 32 x 32."""
    classifier = lga.build_model([f"backbone=timm/{name}"]).eval()
    ours = paper_gflops(classifier)
    macs, _ = profile(classifier, (torch.zeros(1, 3, 32, 32),), verbose=False)
    assert ours == pytest.approx(2 * macs * 400 / 1e9, rel=1e-9)


def test_true_operations_of_a_transformer_hold_its_attention():
    """At 64 x 64: 16 tokens and the class token, 12 layers, 192 wide; 2 operations a multiply-add.

    Patches 16*192*768; a layer's linear maps 17*192*192*(3+1+4+4), its attention 2*17*17*192; the head
    16*192*1280 and 1280*10.
    """
    classifier = lga.build_model(["backbone=timm/vit_tiny_patch16_224", "dataset.image_size=64"])
    layers = 12 * (17 * 192 * 192 * 12 + 2 * 17 * 17 * 192)
    expected = 2 * (16 * 192 * 768 + layers + 16 * 192 * 1280 + 1280 * 10)
    assert complexity_of(classifier, 64).gflops == pytest.approx(expected / 1e9, rel=1e-9)


def test_blocks_of_all_slots_are_counted():
    chosen = ["dataset=digit_scenes", "backbone=timm/resnet10t", "backbone.slots=[4,5]", "attention=se"]
    counts = complexity_of(lga.build_model(chosen), 64)
    assert counts.attention_parameters == 2 * 256 * 16 + 2 * 512 * 32


def test_a_classifier_takes_no_slots_that_it_would_not_read():
    with pytest.raises(UserError, match=r"^task\.model: a classifier reads the last map alone, .* p4, p5"):
        lga.build_model(["backbone=timm/resnet10t", "backbone.slots=[4,5]", "attention=se"])


def test_a_detector_on_a_transformer_learns(tmp_path):
    from lga.structures import DetectionBatch

    model = lga.build_model(["dataset=digit_scenes", "backbone=timm/vit_tiny_patch16_224", "attention=lga"])
    batch = DetectionBatch(
        images=torch.rand(2, 3, 64, 64),
        boxes=torch.tensor([[8.0, 8.0, 40.0, 40.0]]),
        labels=torch.tensor([3]),
        image_index=torch.tensor([1]),
        ignore=torch.tensor([False]),
    )
    model.loss(batch).divided()["total"].backward()
    silent = [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert silent == []
    assert len(model.eval().predict(batch.images)) == 2


def test_a_cell_of_another_backbone_loads_no_timm():
    code = "import sys, lga; lga.build_model(['attention=lga']); print('timm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_help_tells_of_timm():
    assert "backbone=timm/" in run_py("--help").stdout


@pytest.mark.parametrize("name", FITTING)
def test_blocks_of_timm_fit_the_slot(name):
    """On 24 channels at one pixel, as digits have it, and on maps that are no square."""
    block = timm_block(24, name)
    for size in ((1, 1), (5, 3)):
        x = torch.rand(2, 24, *size)
        assert block(x).shape == x.shape
        block(x).sum().backward()
    run = freeze(composed_or_explained([f"attention=timm/{name}"]))
    assert run.cell.attention == f"timm_{name}"
    assert run.config["attention"]["block"]["name"] == name


def test_a_block_of_timm_is_counted_by_option_and_by_class():
    by_class = ["attention.name=eca_timm", "attention.block._target_=timm.layers.EcaModule"]
    counts = [complexity_of(lga.build_model(chosen), 32) for chosen in (["attention=timm/eca"], by_class)]
    assert [one.attention_parameters for one in counts] == [3, 3]  # of a 1-D convolution of size 3
    squeezed = complexity_of(lga.build_model(["attention=timm/se"]), 32)
    assert squeezed.attention_parameters == 2 * 24 * 8 + 8 + 24  # two layers with biases, 8 hidden
    assert squeezed.gflops > complexity_of(lga.build_model(), 32).gflops


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bottleneck", "attention.block: name=bottleneck: it is made for one size of maps; valid: se, ese"),
        ("ge", "attention.block: name=ge: timm itself cannot build it"),
        ("seca", "attention.block: name=seca: timm has no such block; valid: se, ese"),
    ],
)
def test_blocks_that_do_not_fit_are_one_line(name, message):
    with pytest.raises(UserError, match=message):
        lga.build_model([f"attention=timm/{name}"])


@pytest.mark.slow
def test_a_sweep_over_names_names_the_one_that_is_none(tmp_path):
    names = "timm/resnet10t,timm/convnext_atto,timm/resnet10tt"
    done = run_py("-m", *QUICK, f"paths.output_dir={tmp_path}", f"backbone={names}", "attention=lga")
    assert done.returncode == 1
    assert "2 done, 0 cached, 1 failed" in done.stdout + done.stderr
    assert "has no network of that name; near: " in done.stdout + done.stderr
    records = [json.loads(path.read_text()) for path in tmp_path.glob("runs/**/result.json")]
    heads = {record["cell"]["backbone"]: record["attention_heads"] for record in records}
    assert heads == {"timm_resnet10t": [32], "timm_convnext_atto": [20], "timm_resnet10tt": None}
