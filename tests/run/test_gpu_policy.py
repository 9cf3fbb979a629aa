"""What `trainer=gpu` asks for, as far as a processor can show it."""

import csv

import pytest
import torch

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.run import fit
from lga.run.build import build_data
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from tests.run.cells import cell


@pytest.mark.parametrize(
    ("accelerator", "device"), [("gpu", "cuda"), ("cuda", "cuda"), ("auto", None), ("cpu", None)]
)
@pytest.mark.parametrize("dataset", ["digits", "digit_scenes"])
def test_images_are_kept_on_a_gpu_that_was_asked_for(monkeypatch, dataset, accelerator, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    cfg = freeze(compose([f"dataset={dataset}", f"trainer.accelerator={accelerator}"])).cfg
    assert build_data(cfg).device == device


@pytest.mark.parametrize("deterministic", [True, False])
def test_cudnn_chooses_its_kernels_where_determinism_is_not_asked_for(tmp_path, deterministic):
    run = cell(tmp_path, f"trainer.deterministic={str(deterministic).lower()}")
    execute(run)
    assert torch.are_deterministic_algorithms_enabled() is deterministic
    assert torch.backends.cudnn.benchmark is not deterministic
    kept = read_record(RunDirectory(run).result).config["trainer"]
    assert (kept["deterministic"], kept["tf32"], kept["precision"]) == (deterministic, None, "32-true")


@pytest.mark.parametrize(
    ("dataset", "off"),
    [
        (("dataset=digits",), 0),
        (("dataset=digit_scenes", "dataset.image_size=64", "dataset.reader.train=32"), 0.02),
    ],
    ids=["digits", "scenes"],
)
def test_a_run_whose_images_lie_on_a_device_is_the_same(tmp_path, monkeypatch, dataset, off):
    """On the processor for a device: digits to the bit, scenes to the level that OpenCV rounds otherwise."""
    losses = []
    for device in (None, "cpu"):

        def on_device(cfg, device=device):
            data = build_data(cfg)
            data.device = device
            return data

        monkeypatch.setattr(fit, "build_data", on_device)
        run = cell(tmp_path / str(device), f"paths.data_dir={tmp_path}", *dataset)
        execute(run)
        rows = list(csv.DictReader(RunDirectory(run).metrics.open()))
        losses.append([float(row["train/loss"]) for row in rows])
    assert losses[1] == pytest.approx(losses[0], rel=off, abs=0)
    assert (losses[1] != losses[0]) == (off > 0)  # drawn elsewhere, so not to the bit


@pytest.fixture
def flags():
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.mark.usefixtures("flags")
@pytest.mark.parametrize("wanted", [True, False])
def test_tf32_is_of_products_and_convolutions(tmp_path, wanted):
    from lga.run.machine.environment import prepare_torch

    prepare_torch(cell(tmp_path, f"trainer.tf32={str(wanted).lower()}").cfg.trainer)
    assert torch.backends.cuda.matmul.allow_tf32 is wanted
    assert torch.backends.cudnn.allow_tf32 is wanted


def test_the_trainer_states_its_precision():
    trainer = freeze(compose(["trainer=gpu"])).config["trainer"]
    assert (trainer["precision"], trainer["tf32"], trainer["deterministic"]) == ("32-true", True, False)
    assert freeze(compose(["trainer=ddp"])).config["trainer"]["tf32"] is True


@pytest.mark.usefixtures("flags")
def test_a_run_is_evaluated_with_the_arithmetic_it_was_trained_with(tmp_path):
    execute(cell(tmp_path, "trainer.tf32=true"))
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    execute(cell(tmp_path, "trainer.tf32=true", "mode=evaluate"))
    assert torch.backends.cuda.matmul.allow_tf32
    assert torch.backends.cudnn.allow_tf32
