"""One cell on two devices, here two processes: its record, what it leaves, and how it ends when one fails."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from lga.run.devices.device_sets import check_devices, device_sets
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from tests.run.cells import QUICK, ROOT, cell
from tests.run.test_resume import assert_same_results

TWO = ("trainer.devices=2", "trainer.num_workers=0")
LONGER = (*TWO, "trainer.max_epochs=3", "trainer.limit_train_batches=2")
SCENES = (
    "dataset=digit_scenes",
    "dataset.image_size=64",
    "dataset.reader.train=32",
    "dataset.reader.val=40",
    "dataset.reader.test=40",
    "recipe.batch_size=2",
)


def children_of_us():
    """Processes of ranks: children of the fork server, which is ours."""
    server = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "forkserver"], capture_output=True, text=True, check=False
    )
    found = subprocess.run(
        ["pgrep", "-P", ",".join(server.stdout.split()) or "0"], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def of_session(session):
    """Processes that are left of what was started in a session of its own."""
    found = subprocess.run(["pgrep", "-s", str(session)], capture_output=True, text=True, check=False)
    return found.stdout.split()


def judged_by_one(folder, *overrides):
    """What one process says of the run's best checkpoint."""
    execute(cell(folder, *TWO, *overrides, "mode=evaluate"))
    (metrics,) = folder.rglob("evaluation-test/metrics.json")
    return json.loads(metrics.read_text())


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("trainer.limit_eval_batches=null",),
        ("trainer.limit_eval_batches=1",),
        (*SCENES, "attention=lga"),
        (*SCENES, "trainer.limit_eval_batches=null", "recipe.batch_size=4"),
    ],
    ids=["digits", "all digits", "digits on one device alone", "scenes", "all scenes"],
)
def test_the_record_is_what_one_process_says_of_the_checkpoint(tmp_path, overrides, capfd):
    if SCENES[0] in overrides:
        overrides = (*overrides, f"paths.data_dir={tmp_path}")
    folder = RunDirectory(cell(tmp_path, *TWO, *overrides))
    execute(folder.run)
    assert capfd.readouterr().out.count("\n") == 2  # as on one device: one line before and one after
    record = read_record(folder.result)
    alone = judged_by_one(tmp_path, *overrides)
    assert record.metrics == pytest.approx(alone["metrics"], rel=1e-6, abs=1e-6)
    for name, metrics in record.metrics_per_class.items():
        assert metrics == pytest.approx(alone["metrics_per_class"][name], rel=1e-6, abs=1e-6, nan_ok=True)
    assert [row.split(",")[0] for row in folder.metrics.read_text().splitlines()] == ["epoch", "1", "2"]
    if SCENES[0] in overrides:
        ours, theirs = (
            {path.name: path.read_bytes() for path in sorted((parent / "pictures").iterdir())}
            for parent in (folder.path, folder.path / "evaluation-test")
        )
        assert len(ours) == 8
        assert ours == theirs
        curves = [
            (parent / "curves.json").read_text() for parent in (folder.path, folder.path / "evaluation-test")
        ]
        assert curves[0] == curves[1]
    assert not children_of_us()


@pytest.mark.slow
def test_a_killed_run_of_two_devices_resumes_bit_identically(tmp_path):
    """All of it killed at once, as by a machine that goes down, after its first epoch."""
    undisturbed, disturbed = (RunDirectory(cell(tmp_path / name, *LONGER)) for name in ("one", "other"))
    execute(undisturbed.run)
    arguments = [*QUICK, *LONGER, f"paths.output_dir={tmp_path / 'other'}"]
    process = subprocess.Popen([sys.executable, "run.py", *arguments], cwd=ROOT, start_new_session=True)
    while not disturbed.last_checkpoint.is_file():
        assert process.poll() is None, "ended before it could be killed"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    execute(disturbed.run)
    assert read_record(disturbed.result).resumed >= 1
    assert_same_results(undisturbed, disturbed)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("SecondRank", "RuntimeError: raised on purpose"),
        ("SecondRankRefuses", "here is what to do"),
        ("SecondRankIsKilled", "killed by SIGKILL, most likely for want of memory: lower recipe.batch_size"),
    ],
)
def test_a_rank_that_fails_ends_the_run_with_its_error(tmp_path, block, message):
    """The other one, that waits for it, would else wait for ever; its traceback is in the log."""
    run = cell(tmp_path, *TWO, f"attention.block._target_=tests.run.misbehaving.{block}")
    with pytest.raises(UserError) as raised:
        execute(run)
    error = str(raised.value)
    assert error.startswith(message)
    log = RunDirectory(run).log
    where = f"(rank 1 of 2 on node 0 ({socket.gethostname()}), log {log})"
    assert error.endswith(where) == (block != "SecondRankRefuses")
    record = read_record(RunDirectory(run).result)
    assert (record.status, record.error) == ("failed", error)
    if block == "SecondRank":
        assert "misbehave" in log.read_text()
    assert not children_of_us()


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_all_ranks_end_with_the_process_that_started_them(tmp_path, sent):
    run = RunDirectory(cell(tmp_path, *TWO, "trainer.max_epochs=500"))
    arguments = [*QUICK, *TWO, "trainer.max_epochs=500", f"paths.output_dir={tmp_path}"]
    process = subprocess.Popen(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # As in a terminal: started in the background, tests would hand down an ignored interrupt.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    while not run.last_checkpoint.is_file():
        assert process.poll() is None
        time.sleep(0.05)
    assert len(of_session(process.pid)) >= 4  # itself, the fork server and the ranks
    (os.killpg if sent == signal.SIGINT else os.kill)(process.pid, sent)
    _, output = process.communicate(timeout=300)
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert "the same command continues from the last checkpoint" in output
        assert "Traceback" not in output
    deadline = time.monotonic() + 300
    while of_session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert of_session(process.pid) == []


@pytest.mark.slow
def test_a_sweeps_job_may_have_several_devices(tmp_path):
    sweep = ["-m", *QUICK, *TWO, f"paths.output_dir={tmp_path}", "attention=none,se"]
    finished = subprocess.run(
        [sys.executable, "run.py", *sweep], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert "sweep: 2 done, 0 cached, 0 failed, 0 left" in finished.stdout, finished.stderr


def test_places_of_several_devices(monkeypatch):
    """Three GPUs hold one group of two; of six cores a job of two processes has as many as another."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,GPU-b,2")
    assert [each.gpus for each in device_sets("auto", None, jobs=10, devices=2)] == ["0,GPU-b"]
    assert [each.gpus for each in device_sets("auto", 2, jobs=10, devices=3)] == ["0,GPU-b,2"] * 2
    with pytest.raises(
        UserError, match=r"trainer\.devices=4: this machine has 3 to be used, 0, GPU-b, 2; ask"
    ):
        device_sets("auto", None, jobs=10, devices=4)
    with pytest.raises(UserError, match=r"trainer\.devices=4: this machine has 3"):
        check_devices("gpu", 4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    assert [each.threads for each in device_sets("cpu", None, jobs=10, devices=2)] == [2, 2, 2]
    assert [each.threads for each in device_sets("cpu", None, jobs=10, devices=6)] == [6]
    check_devices("cpu", 6)
    with pytest.raises(UserError, match=r"trainer\.devices=8: this machine has 6 cores and no GPU"):
        check_devices("cpu", 8)


def test_more_than_one_device_makes_another_run(tmp_path):
    """Since batch norm's statistics are each device's own; one device has the hash it always had."""
    one, two = (cell(tmp_path, f"trainer.devices={devices}").config_hash for devices in (1, 2))
    assert one == cell(tmp_path).config_hash != two
