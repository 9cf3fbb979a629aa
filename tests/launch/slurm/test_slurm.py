"""Sweeps on a real SLURM, started on this machine for these tests and stopped after them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from tests.data.trees.idx import write_tree
from tests.run.cells import QUICK, ROOT, cell, run_py
from tests.run.test_resume import assert_same_results

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("slurmctld") is None, reason="no slurmctld: apt-get install slurm-wlm munge"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="SLURM's daemons are started by root"),
]
SCRIPT = str(ROOT / "scripts" / "slurm_local.sh")
PATIENCE_SECONDS = 240.0
# Some 12 s of training or more, in epochs of a second.
SLOW = (
    "attention.block._target_=tests.run.slow_block.Slow",
    "trainer.max_epochs=12",
    "trainer.limit_train_batches=3",
    "trainer.threads=1",
)
ON_SLURM = ("hydra/launcher=slurm", "hydra.launcher.cpus_per_task=1")


@pytest.fixture(scope="module", autouse=True)
def slurm():
    """The daemons, and what their commands need to reach them."""
    with tempfile.TemporaryDirectory(prefix="slurm") as folder, pytest.MonkeyPatch.context() as patched:
        patched.setenv("SLURM_LOCAL_DIR", folder)
        patched.setenv("SLURM_LOCAL_CPUS", "4")
        patched.setenv("SLURM_CONF", f"{folder}/slurm.conf")
        patched.setenv("OMP_NUM_THREADS", "1")
        try:
            subprocess.run([SCRIPT, "start"], check=True, timeout=300)
            yield
        finally:
            subprocess.run([SCRIPT, "stop"], check=True, timeout=300)


def until(happened, process=None):
    """Waits for it; a test is ended rather than kept waiting for ever."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.1)


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def ask(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout


def test_a_sweep_outlives_cancelling_preempting_and_its_own_end(tmp_path):
    """Four jobs: the first two stay undisturbed, the third is cancelled, the fourth requeued twice.

    The sweep is started twice, and once interrupted. The fourth job gets the signal that announces the end of
    a job's time; when it trains again, a job of the urgent partition preempts whatever runs. Its results are
    those of an undisturbed run to the bit.
    """
    runs = [cell(tmp_path / "out", *SLOW, f"seed={seed}") for seed in (1, 2, 3, 4)]
    folders = [RunDirectory(run) for run in runs]
    sweep = ("-m", *QUICK, *SLOW, f"paths.output_dir={tmp_path / 'out'}", "seed=1,2,3,4", *ON_SLURM)
    first = started(*sweep)
    jobs = re.match(r"SLURM: jobs (\d+)_0 to \1_3 submitted: squeue --name=lga-", first.stdout.readline())[1]
    second = started(*sweep)
    assert second.stdout.readline() == "SLURM: of an earlier sweep, 4 wait or run, and are watched\n"
    first.send_signal(signal.SIGINT)
    message, _ = first.communicate(timeout=300)
    assert first.returncode == 130
    assert "4 go on unwatched; the same command watches them again, scancel --name=lga-" in message

    until(lambda: all(folder.last_checkpoint.is_file() for folder in folders[2:]), second)
    ask("scancel", f"{jobs}_2")
    ask("scancel", "--signal=USR2", f"{jobs}_3")
    log = folders[3].log
    until(lambda: "resuming after epoch" in log.read_text(), second)
    before = folders[3].last_checkpoint.stat().st_mtime_ns
    until(lambda: folders[3].last_checkpoint.stat().st_mtime_ns > before, second)
    ask("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=true")
    undisturbed = RunDirectory(cell(tmp_path / "undisturbed", *SLOW, "seed=4"))
    execute(undisturbed.run)
    message, error = second.communicate(timeout=PATIENCE_SECONDS)

    assert second.returncode == 1
    assert "submitted" not in message
    assert "sweep: 3 done, 0 cached, 1 failed, 0 left" in message
    assert f"failed  digits/mobilenetv3/none seed 3: CANCELLED (SLURM job {jobs}_2)" in message
    assert "1 of 4 jobs failed" in error
    assert not folders[2].result.exists()
    assert log.read_text().count("resuming after epoch") == 2
    assert read_record(folders[3].result).resumed > 0
    assert_same_results(undisturbed, folders[3])

    again = run_py(*sweep)
    assert again.returncode == 0, again.stderr
    assert "sweep: 1 done, 3 cached, 0 failed, 0 left" in again.stdout
    assert read_record(folders[2].result).resumed > 0


def test_a_table_of_the_paper_is_run_and_rendered(tmp_path):
    """Table 1 on small trees in the published format: four of its cells, each a job."""
    for folder in ("MNIST", "FashionMNIST"):
        write_tree(tmp_path / "data", folder)
    arguments = (
        "attention=none,lga",
        "logger=csv",
        "trainer.accelerator=cpu",
        "trainer.threads=1",
        "dataset.reader.verify=false",
        "hydra.launcher.cpus_per_task=1",
        f"paths.data_dir={tmp_path / 'data'}",
        f"paths.output_dir={tmp_path / 'out'}",
    )
    make = ["make", "-o", ".venv/installed", "reproduce-table1", "SCALE=smoke", "SEEDS=1", "LAUNCHER=slurm"]
    finished = subprocess.run(
        [*make, f"RUN={sys.executable}", f"ARGS={' '.join(arguments)}"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "sweep: 4 done, 0 cached, 0 failed, 0 left" in finished.stdout
    records = [read_record(path) for path in tmp_path.glob("out/runs/**/result.json")]
    assert {(record.cell.dataset, record.cell.attention) for record in records} == {
        (dataset, attention) for dataset in ("mnist", "fashion_mnist") for attention in ("none", "lga")
    }
    page = (tmp_path / "out" / "tables" / "table1" / "README.md").read_text()
    assert "(not run)" in page  # own files stand in no published cell
    assert page.count("not the published content: train-images-idx3-ubyte, ") == 4
    assert len(list(Path(tmp_path / "out" / "slurm").glob("*/*_submission.sh"))) == 1
