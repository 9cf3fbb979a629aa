"""Cache, resume and claims: a finished cell is not trained again, a killed one ends as if it had not been."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from lga.backbones.weights_file import load
from lga.run import fit
from lga.run.execute import execute
from lga.run.folder.checkpoints import save
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from tests.run.cells import QUICK, ROOT, cell, end_run

LONGER = ("trainer.max_epochs=4", "trainer.limit_train_batches=3")


def weights_and_metrics(folder):
    """Everything a run computes, without its times."""
    record = read_record(folder.result).model_dump()
    timeless = {
        key: record[key] for key in ("metrics", "metrics_per_class", "selection", "score", "epochs", "data")
    }
    return load(folder.best_checkpoint), load(folder.last_checkpoint), folder.metrics.read_text(), timeless


def assert_same(one, other):
    """Bit for bit, through nested checkpoints; times and paths do not occur in them."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    else:
        assert one == other


def without_loops(content):
    """Without Lightning's loop counters, which differ after a resume and from which nothing is computed."""
    kept = ("state_dict", "optimizer_states", "callbacks", "epoch", "global_step")
    return (
        {key: content[key] for key in kept} if isinstance(content, dict) and "loops" in content else content
    )


def assert_same_results(one, other):
    for a, b in zip(weights_and_metrics(one), weights_and_metrics(other), strict=True):
        assert_same(without_loops(a), without_loops(b))


def test_a_finished_cell_is_returned_from_its_record(tmp_path, capsys, monkeypatch):
    score = execute(cell(tmp_path))
    monkeypatch.setattr(fit, "fit_and_judge", lambda *_: pytest.fail("trained again"))
    assert execute(cell(tmp_path)) == score
    assert "finished before" in capsys.readouterr().out


def test_the_same_seed_repeats_and_another_does_not(tmp_path):
    folders = [
        RunDirectory(cell(tmp_path / name, f"seed={seed}")) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    for folder in folders:
        execute(folder.run)
    assert_same_results(folders[0], folders[1])
    with pytest.raises(AssertionError):
        assert_same(
            load(folders[0].best_checkpoint)["state_dict"], load(folders[2].best_checkpoint)["state_dict"]
        )


@pytest.mark.parametrize(
    "hook", ["on_train_batch_end", "on_train_epoch_end", "on_validation_end", "on_test_end"]
)
def test_a_run_ended_at_any_point_resumes_bit_identically(tmp_path, hook):
    """Ended in epoch 3 of 4 (or while judging), before the epoch's checkpoint, then run again."""
    undisturbed = RunDirectory(cell(tmp_path / "undisturbed", "attention=lga", *LONGER))
    execute(undisturbed.run)
    disturbed = RunDirectory(cell(tmp_path / "disturbed", "attention=lga", *LONGER))
    end_run(disturbed.run, 2, hook)
    assert read_record(disturbed.result).status == "failed"
    execute(disturbed.run)
    assert read_record(disturbed.result).resumed >= 2
    assert_same_results(undisturbed, disturbed)


def test_a_run_killed_by_the_system_resumes_bit_identically(tmp_path):
    undisturbed = RunDirectory(cell(tmp_path / "undisturbed", *LONGER))
    execute(undisturbed.run)
    disturbed = RunDirectory(cell(tmp_path / "disturbed", *LONGER))
    arguments = [*QUICK, *LONGER, f"paths.output_dir={tmp_path / 'disturbed'}"]
    process = subprocess.Popen([sys.executable, "run.py", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    while not disturbed.last_checkpoint.is_file():
        assert process.poll() is None, "ended before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    execute(disturbed.run)
    assert_same_results(undisturbed, disturbed)


def test_two_processes_asked_for_one_cell_train_it_once(tmp_path):
    command = [sys.executable, "run.py", *QUICK, f"paths.output_dir={tmp_path}"]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    message = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("finished before" in text for text in message) == 1
    assert sum("training in" in text for text in message) == 1


def test_a_cell_that_another_process_trains_just_before_the_claim_is_not_trained_again(tmp_path, monkeypatch):
    run, claim = cell(tmp_path), RunDirectory.claim

    def claim_late(folder):
        monkeypatch.setattr(RunDirectory, "claim", claim)
        execute(run)
        monkeypatch.setattr(fit, "fit_and_judge", lambda *_: pytest.fail("trained again"))
        return claim(folder)

    monkeypatch.setattr(RunDirectory, "claim", claim_late)
    score = execute(run)
    assert score == read_record(RunDirectory(run).result).score


def test_a_failed_run_leaves_a_record_and_is_tried_again(tmp_path, monkeypatch):
    run = cell(tmp_path, "attention=lga_variant", "attention.block.scales=-1")
    with pytest.raises(UserError, match=r"attention\.block: scales=-1") as error:
        execute(run)
    record = read_record(RunDirectory(run).result)
    assert (record.status, record.error) == ("failed", str(error.value))
    with pytest.raises(UserError, match=r"attention\.block"):
        execute(run)


def test_a_folder_of_another_config_is_refused(tmp_path):
    execute(cell(tmp_path, f"paths.run_dir={tmp_path / 'mine'}"))
    before = (tmp_path / "mine" / "result.json").read_bytes()
    with pytest.raises(UserError, match="holds a run of another config"):
        execute(cell(tmp_path, f"paths.run_dir={tmp_path / 'mine'}", "attention=cbam"))
    assert (tmp_path / "mine" / "result.json").read_bytes() == before


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path):
    folder = RunDirectory(cell(tmp_path))
    folder.last_checkpoint.parent.mkdir(parents=True)
    save({"state_dict": {}, "epoch": 3, "config_hash": "f" * 64}, folder.last_checkpoint)
    with pytest.raises(
        UserError, match=r"last\.ckpt: a checkpoint of another config or architecture \(ffffffff"
    ):
        execute(folder.run)


def test_a_disk_that_fills_keeps_the_previous_checkpoint(tmp_path):
    """A limit on file size stands in for the full disk: the second, larger checkpoint meets it."""
    program = """
import resource, signal, sys, torch
from pathlib import Path
from lga.run.folder.checkpoints import save
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
save({"small": torch.ones(10)}, path)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    save({"large": torch.ones(100_000)}, path)
except Exception as error:
    print(type(error).__name__, error)
"""
    path = tmp_path / "last.ckpt"
    finished = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.stdout.startswith(f"UserError {path}: checkpoint could not be written (")
    assert "File too large" in finished.stdout
    assert "the previous one is kept" in finished.stdout
    assert finished.stdout.count("\n") == 1
    assert load(path)["small"].sum() == 10
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_the_record_holds_what_is_promised(tmp_path):
    folder = RunDirectory(cell(tmp_path, "attention=lga", "seed=5"))
    score = execute(folder.run)
    record = json.loads(folder.result.read_text())
    assert record["status"] == "finished"
    assert record["cell"] == {
        "dataset": "digits",
        "backbone": "mobilenetv3",
        "detector": "none",
        "attention": "lga",
        "seed": 5,
    }
    assert record["config_hash"] == folder.run.config_hash
    assert record["parameters"] == 680630
    assert record["metrics"]["top1"] == score
    assert set(record["metrics_per_class"]) == set("0123456789")
    assert record["data"]["counts"] == {"train": 1204, "val": 297, "test": 296}
    assert record["selection"]["split"] == "validation"
    assert record["seconds"] > 0
    assert record["peak_memory_bytes"] > 1e8
    assert record["environment"]["torch"] == torch.__version__.split("+")[0] or record["environment"]["torch"]
    header, *rows = folder.metrics.read_text().splitlines()
    assert header.startswith("epoch,")
    assert [row.split(",")[0] for row in rows] == ["1", "2"]


@pytest.mark.slow
def test_a_compiled_run_computes_the_same(tmp_path):
    """Up to rounding, after a few steps."""
    scores = [
        execute(cell(tmp_path, f"trainer.compile={value}", "attention=lga")) for value in ("true", "false")
    ]
    assert scores[0] == pytest.approx(scores[1], abs=2)


def test_half_precision_that_needs_loss_scaling_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"trainer\.precision=16-mixed: valid: 32-true, bf16-mixed"):
        execute(cell(tmp_path, "trainer.precision=16-mixed"))


def test_an_unknown_scale_stops_before_training(tmp_path):
    with pytest.raises(UserError, match=r"trainer\.scale=huge: valid: full, reduced, smoke"):
        execute(cell(tmp_path, "trainer.scale=huge"))
    assert not list(tmp_path.iterdir())
