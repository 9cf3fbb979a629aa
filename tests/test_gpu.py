"""What only a GPU can show: the oracles there, steps that do not wait, whole runs, two ranks on one GPU."""

import numpy as np
import pytest
import torch

from lga.backbones.weights_file import load
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.tasks.base_task import BaseTask
from tests import test_oracles
from tests.data.classification.test_classification_data import tiny_data
from tests.run.cells import cell, end_run
from tests.tasks.test_devices import losses_and_gradient, of_share, on_two_ranks, scenes

DEVICE = "cuda"
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"),
]
GPU = ("trainer.accelerator=gpu", "trainer.tf32=true", "trainer.deterministic=false")
DETERMINISTIC = ("trainer.accelerator=gpu", "trainer.tf32=false", "trainer.max_epochs=4")
SCENES = ("dataset=digit_scenes", "dataset.image_size=64", "dataset.reader.train=32")
CELLS = [("dataset=digits",), SCENES]


def gpu_cell(folder, *overrides):
    return cell(folder, f"paths.data_dir={folder}", *overrides)


@pytest.fixture
def on_gpu(monkeypatch):
    """Whatever is made is made on the GPU, in float32 without TF32; what is read comes from there."""
    from_numpy, numpy = torch.from_numpy, torch.Tensor.numpy
    monkeypatch.setattr(torch, "from_numpy", lambda array: from_numpy(array).to(DEVICE))
    monkeypatch.setattr(torch.Tensor, "numpy", lambda tensor: numpy(tensor.cpu()))
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    with torch.device(DEVICE):
        yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.mark.usefixtures("on_gpu")
@pytest.mark.parametrize("path", test_oracles.FILES, ids=[path.stem for path in test_oracles.FILES])
def test_oracle(path, monkeypatch):
    """To 1e-4, a hundred thousandth of an attention's on the processor being too much to ask here."""
    exact = test_oracles.relative_error
    monkeypatch.setattr(test_oracles, "relative_error", lambda *values: exact(*values) / 10)
    test_oracles.test_oracle(path)


@pytest.mark.parametrize("dataset", CELLS, ids=["digits", "scenes"])
@pytest.mark.parametrize("attention", ["none", "lga"])
def test_a_step_waits_for_nothing(tmp_path, monkeypatch, dataset, attention):
    """After the first one, in which constants are made."""
    step, seen = BaseTask.training_step, []

    def watched(task, batch, batch_idx):
        assert batch.images.is_cuda
        seen.append(batch_idx)
        torch.cuda.set_sync_debug_mode("error" if len(seen) > 1 else "default")
        try:
            return step(task, batch, batch_idx)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(BaseTask, "training_step", watched)
    execute(gpu_cell(tmp_path, *GPU, *dataset, f"attention={attention}", "trainer.limit_train_batches=3"))
    assert len(seen) > 3


@pytest.mark.parametrize("dataset", CELLS, ids=["digits", "scenes"])
def test_a_run_that_was_ended_goes_on(tmp_path, dataset):
    """In float32 with deterministic kernels, to the rounding of those that have none."""
    undisturbed, disturbed = (
        RunDirectory(gpu_cell(tmp_path / name, *DETERMINISTIC, *dataset)) for name in ("one", "other")
    )
    execute(undisturbed.run)
    end_run(disturbed.run, epoch=2)
    execute(disturbed.run)
    assert read_record(disturbed.result).resumed == 2
    one, other = (load(folder.last_checkpoint)["state_dict"] for folder in (undisturbed, disturbed))
    for name in one:
        torch.testing.assert_close(other[name], one[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("dataset", CELLS, ids=["digits", "scenes"])
@pytest.mark.parametrize("setting", ["trainer.precision=bf16-mixed", "trainer.compile=true"])
def test_other_ways_to_train_end_with_a_score(tmp_path, setting, dataset):
    run = gpu_cell(tmp_path, *GPU, *dataset, "attention=lga", setting)
    assert np.isfinite(execute(run))
    assert read_record(RunDirectory(run).result).environment["accelerator"] != "cpu"


@pytest.mark.parametrize("dataset", CELLS, ids=["digits", "scenes"])
def test_what_was_trained_here_is_exported_and_judged(tmp_path, dataset, capsys):
    pytest.importorskip("onnxruntime")
    overrides = (*GPU, *dataset, "attention=lga", "recipe.ema_decay=0.5")
    score = execute(gpu_cell(tmp_path, *overrides))
    execute(gpu_cell(tmp_path, *overrides, "mode=export"))
    assert "model.onnx: within " in capsys.readouterr().out
    assert execute(gpu_cell(tmp_path, *overrides, "mode=evaluate")) == pytest.approx(score, abs=1)


def test_two_ranks_share_one_gpu_over_gloo():
    expected, gradient = losses_and_gradient(scenes(range(5)), DEVICE)
    for terms, summed in on_two_ranks(of_share, 5, DEVICE):
        assert terms == pytest.approx(expected, rel=1e-3)
        np.testing.assert_allclose(summed, gradient, rtol=1e-2, atol=1e-3 * np.abs(gradient).max())


@pytest.mark.parametrize("augmentation", ["none", "affine"])
def test_batches_made_there_are_those_of_the_processor(augmentation):
    batches = []
    for device in (None, DEVICE):
        data = tiny_data(augmentation=augmentation)
        data.device = device
        batches.append([batch.images.cpu() for batch in data.train_dataloader()])
    for processors, ours in zip(*batches, strict=True):
        torch.testing.assert_close(ours, processors, rtol=0, atol=1e-4)
