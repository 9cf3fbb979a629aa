"""Sweeps on the real command line: what fails costs its own job alone, what is done stays done."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from rich.console import Console

from hydra_plugins.lga_launcher.launcher import ProcessLauncher
from lga.config.compose import compose
from lga.launch import sweep
from lga.launch.sweep import Job, SweepProgress
from lga.run.devices.device_sets import device_sets, visible_gpus
from lga.run.folder.record import read_record
from tests.run.cells import QUICK, ROOT, cell, run_py

BLOCKS = {
    "Raises": "RuntimeError: raised on purpose",
    "Exits": "SystemExit: 3",
    "Segfaults": "killed by SIGSEGV",
    "IsKilled": "killed by SIGKILL, most likely for want of memory: lower recipe.batch_size (now 64)",
}


def test_every_way_to_die_costs_one_job_and_a_rerun_repeats_only_those(tmp_path):
    targets = ["lga.attention.NoAttention", *(f"tests.run.misbehaving.{name}" for name in BLOCKS)]
    sweep = ["-m", *QUICK, f"paths.output_dir={tmp_path}", f"attention.block._target_={','.join(targets)}"]
    first = run_py(*sweep)
    assert first.returncode == 1
    assert "sweep: 1 done, 0 cached, 4 failed, 0 left" in first.stdout
    for block, reason in BLOCKS.items():
        apart = f"(attention.block._target_=tests.run.misbehaving.{block})"
        assert f"digits/mobilenetv3/none seed 0 {apart}: {reason}" in first.stdout
    assert first.stdout.count("; log: ") == 4
    assert "4 of 5 jobs failed" in first.stderr
    assert "Traceback" not in first.stdout + first.stderr
    logs = [line.rsplit("; log: ", 1)[1] for line in first.stdout.splitlines() if line.startswith("failed: ")]
    assert any("raised on purpose" in Path(log).read_text() for log in logs)
    again = run_py(*sweep)
    assert "sweep: 0 done, 1 cached, 4 failed, 0 left" in again.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["mode=predict"], True),
        (["mode=predict", "seed=1"], False),
        (["mode=evaluate", "mode.checkpoint=digits"], False),
        ([], False),
    ],
)
def test_a_sweep_over_newest_runs_says_that_seeds_may_differ(tmp_path, capsys, given, said):
    shared = ["dataset=digits", f"paths.output_dir={tmp_path}", *given]
    jobs = [[*shared, f"attention={attention}"] for attention in ("none", "se")]
    sweep.launch_sweep(compose, jobs, lambda waiting, progress: None)
    assert ("their seeds may differ" in capsys.readouterr().out) == said


def test_a_finished_sweep_is_read_from_its_records(tmp_path):
    sweep = ["-m", *QUICK, f"paths.output_dir={tmp_path}", "attention=none,se", "seed=1,2"]
    assert "sweep: 4 done" in run_py(*sweep).stdout
    records = [read_record(path) for path in tmp_path.glob("runs/**/result.json")]
    assert {(record.cell.attention, record.cell.seed) for record in records} == {
        (attention, seed) for attention in ("none", "se") for seed in (1, 2)
    }
    assert len({record.group for record in records}) == 1
    assert records[0].group.startswith("sweep-")
    again = run_py(*sweep)
    assert "sweep: 0 done, 4 cached, 0 failed, 0 left" in again.stdout
    assert again.returncode == 0


def test_a_mistake_in_one_cell_is_reported_before_any_starts(tmp_path):
    finished = run_py("-m", *QUICK, f"paths.output_dir={tmp_path}", "attention=none,lgaa")
    assert finished.returncode == 1
    assert "attention=lgaa: no such option; did you mean lga?" in finished.stderr
    assert not list(tmp_path.glob("runs/**/result.json"))


def test_an_interrupted_sweep_ends_its_jobs(tmp_path):
    sweep = [
        "-m",
        *QUICK,
        f"paths.output_dir={tmp_path}",
        "attention=none,se,cbam,lga",
        "trainer.max_epochs=500",
    ]
    process = subprocess.Popen(
        [sys.executable, "run.py", *sweep],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As in a terminal: started in the background, tests would hand down an ignored interrupt.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    while not list(tmp_path.glob("runs/**/last.ckpt")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, output = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "the same command continues from the last checkpoint" in output
    assert "Traceback" not in output
    jobs = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert jobs.stdout == ""


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_hydras_own_launchers_stay_usable(tmp_path, launcher):
    finished = run_py(
        "-m", *QUICK, f"paths.output_dir={tmp_path}", "attention=none,se", f"hydra/launcher={launcher}"
    )
    assert finished.returncode == 0, finished.stderr
    assert len(list(tmp_path.glob("runs/**/result.json"))) == 2


def test_places_on_the_processor_share_its_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    assert [each.threads for each in device_sets("cpu", 3, jobs=10)] == [2, 2, 2]
    assert [each.threads for each in device_sets("cpu", None, jobs=10)] == [1] * 6
    assert [each.threads for each in device_sets("cpu", None, jobs=2)] == [3, 3]


@pytest.mark.parametrize("value", ["auto", "''", "1.5", "true", "0"])
def test_jobs_per_device_is_a_whole_number(value):
    finished = run_py("-m", "dataset=digits", f"hydra.launcher.jobs_per_device={value}")
    message = "error: hydra.launcher.jobs_per_device={}: it must be a whole number from 1, or null\n"
    assert finished.stderr.lower() == message.format(value.strip("'"))
    assert finished.returncode == 1


def test_places_on_gpus_are_named_for_their_job(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,GPU-b")
    assert visible_gpus() == ["0", "GPU-b"]
    assert [each.gpus for each in device_sets("auto", 2, jobs=10)] == ["0", "GPU-b", "0", "GPU-b"]
    assert [each.gpus for each in device_sets("cpu", 1, jobs=10)] == [None]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == []


def test_running_jobs_are_shown_with_epoch_metric_and_time_left(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(sweep.time, "monotonic", lambda: now[0])
    progress = SweepProgress(2, Console(force_terminal=True, width=200, file=io.StringIO()))
    job = Job((), cell(tmp_path, "trainer.max_epochs=10"))

    def shown():
        progress.show_running([job])
        return [(task.completed, task.fields["counts"]) for task in progress._bar.tasks[1:]]

    assert shown() == [(0, "epoch 1 of 10")]
    job.folder.path.mkdir(parents=True)
    now[0] = 40.0
    job.folder.metrics.write_text("epoch,val/top1\n1,50.0\n2,61.234\n")
    assert shown() == [(2, "epoch 3 of 10, top1 61.23, about 3 min left")]
    now[0] = 120.0
    assert shown()[0][1].endswith("about 80 s left")
    progress.show_running([])
    assert len(progress._bar.tasks) == 1


def test_a_sweeper_finds_the_folder_for_its_results(tmp_path, monkeypatch):
    """Optuna's writes into it, when all of its trials are done."""
    launcher, folder = ProcessLauncher(), tmp_path / "out" / "sweeps"
    config = OmegaConf.create({"hydra": {"sweep": {"dir": str(folder)}}})
    launcher.setup(hydra_context=None, task_function=None, config=config)
    monkeypatch.setattr("lga.launch.sweep.launch_sweep", lambda *_: [folder.is_dir()])
    assert launcher.launch([], 0) == [True]
