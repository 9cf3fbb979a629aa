"""Long sweeps: memory stays flat, no file, process or thread is left over. Needs /proc."""

import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from lga.config.frozen_run import FrozenRun
from lga.launch import local as sweep_processes
from lga.launch.sweep import Job, SweepProgress
from tests.run.cells import QUICK, ROOT, cell
from tests.run.processes import Held, children, command_of, held, in_session
from tests.run.stub_jobs import do_nothing

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

TINY = ("trainer.max_epochs=1", "trainer.limit_train_batches=1", "trainer.limit_eval_batches=1")
ATTENTIONS = ("none", "se", "eca", "cbam")
MEBIBYTE = 2**20
SECONDS_TO_END = 300
SHARED_MEMORY = Path("/dev/shm")


def sweep_command(output_dir, cells, *overrides):
    seeds = ",".join(str(seed) for seed in range(cells // len(ATTENTIONS)))
    choices = (f"attention={','.join(ATTENTIONS)}", f"seed={seeds}", f"paths.output_dir={output_dir}")
    return [sys.executable, "run.py", "-m", *QUICK, *TINY, *choices, *overrides]


def watched(command, folder, env=None):
    """Runs `command` in a session of its own to its end.

    Returns its output and, in the order they were taken, what was held when so many cells had ended: by the
    command's own process and by its fork server.
    """
    temporary = folder / "temporary"
    temporary.mkdir()
    # Torch makes the folder of its compiler's cache when it is imported, in TMPDIR if nothing else is said.
    compiled = {"TORCHINDUCTOR_CACHE_DIR": str(folder / "compiled")}
    environment = {**os.environ, **compiled, "TMPDIR": str(temporary), "COLUMNS": "200", **(env or {})}
    output = folder / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True
        )
    samples = []
    try:
        while process.poll() is None:
            ended = len(re.findall(r"^\[\d+/\d+\] ", output.read_text(), re.MULTILINE))
            server = [pid for pid in children(process.pid) if "forkserver" in command_of(pid)]
            both = held(process.pid), held(server[0]) if server else None
            if all(both):
                samples.append((ended, *both))
            time.sleep(0.2)
    finally:
        process.kill()
    assert process.returncode == 0, output.read_text()
    deadline = time.monotonic() + SECONDS_TO_END
    while in_session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)  # the fork server ends when it notices that we did
    assert in_session(process.pid) == []
    assert list(temporary.iterdir()) == []
    return output.read_text(), samples


def least(samples, first, last):
    """Of the two processes the least that was held while from `first` to `last` cells had ended.

    What is leaked is held always; the most tells how many cells happened to start and end when looked at.
    """
    chosen = [sample[1:] for sample in samples if first <= sample[0] <= last]
    assert len(chosen) > 2, f"looked {len(chosen)} times while {first} to {last} cells had ended"
    return [
        Held(*(min(getattr(one[which], name) for one in chosen) for name in Held.__dataclass_fields__))
        for which in range(2)
    ]


def assert_flat(early, late, growth):
    for name, before, after in zip(("sweep", "fork server"), early, late, strict=True):
        message = f"{name}: {before} became {after}"
        assert after.memory - before.memory < growth, message
        assert (after.files, after.threads, after.children) <= (
            before.files,
            before.threads,
            before.children,
        ), message


class Watching(SweepProgress):
    """Looks at this process and at its fork server whenever a job has ended."""

    def __init__(self, total):
        super().__init__(total, Console(file=io.StringIO()))
        self.samples = []

    def ended(self, *message):
        super().ended(*message)
        (server,) = [pid for pid in children(os.getpid()) if "forkserver" in command_of(pid)]
        self.samples.append((self.done, held(os.getpid()), held(server)))


def made_jobs(number, folder):
    described = cell(folder, "mode=describe")
    return [Job((), FrozenRun({**described.config, "seed": seed})) for seed in range(number)]


def test_what_is_held_does_not_grow_from_job_to_job(tmp_path, monkeypatch):
    """One after the other, so that at the end of each the same is held: by us and by the fork server."""
    monkeypatch.setattr(sweep_processes, "work", do_nothing)
    jobs = made_jobs(8, tmp_path)
    with Watching(len(jobs)) as progress:
        sweep_processes.run_in_processes(jobs, progress, jobs_per_device=1)
    assert [job.error for job in jobs] == [None] * len(jobs)
    _, *samples = progress.samples  # in the first job the fork server was started
    assert_flat(least(samples, 2, 4), least(samples, 5, 8), MEBIBYTE)


@pytest.mark.slow
def test_sixty_cells_leave_nothing_behind(tmp_path):
    """Held is less than 26 kB more a cell."""
    shared = set(SHARED_MEMORY.iterdir())
    output, samples = watched(sweep_command(tmp_path, 60), tmp_path)
    assert "sweep: 60 done, 0 cached, 0 failed, 0 left" in output
    assert_flat(least(samples, 10, 20), least(samples, 50, 60), MEBIBYTE)
    assert set(SHARED_MEMORY.iterdir()) <= shared


@pytest.mark.slow
def test_a_sweep_that_logs_to_wandb_leaves_nothing_behind(tmp_path):
    """Every run starts a service of W&B's own; `watched` finds it where it outlives the sweep."""
    command = sweep_command(tmp_path, 12, "logger=wandb")
    output, samples = watched(command, tmp_path, env={"WANDB_MODE": "offline"})
    assert "sweep: 12 done, 0 cached, 0 failed, 0 left" in output
    assert len(list(tmp_path.glob("runs/**/offline-run-*"))) == 12
    assert_flat(least(samples, 3, 6), least(samples, 9, 12), 4 * MEBIBYTE)
