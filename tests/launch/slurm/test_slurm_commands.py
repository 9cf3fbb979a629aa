"""What is asked of SLURM and what is made of its answers, with stand-ins for its commands.

The stand-ins print what SLURM 22.05 printed; sbatch's options are held against its manual by hand. The real
thing is in `test_slurm.py`.
"""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from rich.console import Console
from submitit.slurm.slurm import SlurmExecutor

from lga.launch.slurm import watch as slurm
from lga.launch.slurm.submission import SlurmSettings, submit, submitted_before
from lga.launch.slurm.watch import Ended, Queued, SilentError, ended_job, has_gpus, queued_jobs, run_on_slurm
from lga.launch.sweep import Job, SweepProgress
from lga.run.folder.record import CellRecord, RunRecord, write_record
from lga.system.errors import UserError
from tests.run.cells import ROOT, cell


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Replaces SLURM's commands; call it with a name and the lines of a shell script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def replace(name, *lines):
        (folder / name).write_text("\n".join(("#!/bin/sh", *lines, "")))
        (folder / name).chmod(0o755)

    for name in slurm.COMMANDS:
        replace(name, "exit 0")
    replace("sbatch", "echo Submitted batch job 17")
    return replace


@pytest.fixture
def progress():
    with SweepProgress(2, Console(file=io.StringIO(), soft_wrap=True)) as progress:
        yield progress


def jobs(tmp_path, *seeds):
    return [Job((), cell(tmp_path / "out", f"seed={seed}")) for seed in seeds]


def options_of(script):
    return sorted(line.removeprefix("#SBATCH ") for line in script.splitlines() if line.startswith("#SBATCH"))


def test_settings_are_options_of_sbatch(tmp_path, commands):
    settings = SlurmSettings(
        partition="gpu",
        account="vision",
        qos="low",
        time=90,
        cpus_per_task=8,
        mem="32G",
        array_parallelism=2,
        signal_delay_s=120,
        setup=["module load cuda"],
        additional_parameters={"constraint": "a100"},
    )
    entries = submit(jobs(tmp_path, 1, 2, 3), settings, gpus=4)
    assert [entry.identifier for entry in entries] == ["17_0", "17_1", "17_2"]
    name, folder = entries[0].name, Path(entries[0].folder)
    script = (folder / "17_submission.sh").read_text()
    assert options_of(script) == [
        "--account=vision",
        "--array=0-2%2",
        "--constraint=a100",
        "--cpus-per-task=8",
        "--gpus-per-node=4",
        f"--job-name={name}",
        "--mem=32G",
        "--nodes=1",
        "--open-mode=append",
        f"--output={folder}/%A_%a_0_log.out",
        "--partition=gpu",
        "--qos=low",
        "--requeue",
        "--signal=USR2@120",
        "--time=90",
    ]
    assert "\nmodule load cuda\n" in script
    assert " --cpus-per-task=8 " in next(line for line in script.splitlines() if line.startswith("srun "))


def test_what_is_not_set_is_left_to_the_cluster(tmp_path, commands):
    (entry,) = submit(jobs(tmp_path, 1), SlurmSettings(), gpus=0)
    assert entry.identifier == "17"
    options = options_of((Path(entry.folder) / "17_submission.sh").read_text())
    names = [option.split("=")[0].removeprefix("--") for option in options]
    assert names == ["cpus-per-task", "job-name", "nodes", "open-mode", "output", "requeue", "signal", "time"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"time": 0}, r"^hydra\.launcher\.time=0: at least 1$"),
        ({"time": "1:00"}, r"hydra\.launcher\.time=1:00: a valid integer"),
        ({"time": True}, r"hydra\.launcher\.time=True: a valid integer"),
        ({"gpus_per_node": -1}, r"gpus_per_node=-1: at least 0"),
        ({"array_parallelism": 0}, r"array_parallelism=0"),
        ({"time": 1, "signal_delay_s": 60}, r"signal_delay_s=60: less than the 60 seconds of .*time=1"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(UserError, match=message):
        SlurmSettings.of(settings)


def test_the_queue_is_read(commands):
    commands("squeue", "echo '17_0|RUNNING|None|lga-a'", "echo '18|PENDING|Resources|other|job'")
    assert queued_jobs() == {
        "17_0": Queued("RUNNING", "None", "lga-a"),
        "18": Queued("PENDING", "Resources", "other|job"),
    }
    commands("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2", "exit 1")
    with pytest.raises(SilentError, match="squeue: slurm_load_jobs error: Unable to contact"):
        queued_jobs()


@pytest.mark.parametrize(
    ("message", "ended"),
    [
        (
            "JobId=18 JobState=CANCELLED Reason=None ExitCode=0:15",
            Ended("CANCELLED", -15),
        ),
        ("JobId=18 JobState=FAILED Reason=NonZeroExitCode ExitCode=139:0", Ended("FAILED", -11)),
        ("JobId=18 JobState=FAILED ExitCode=3:0", Ended("FAILED", 3)),
        ("JobId=18 JobState=COMPLETED ExitCode=0:0", Ended("COMPLETED", 0)),
    ],
)
def test_how_a_job_ended_is_read(commands, message, ended):
    commands("scontrol", f"echo '{message}'")
    assert ended_job("17_1") == ended
    commands("scontrol", "echo 'slurm_load_jobs error: Invalid job id specified' >&2", "exit 1")
    assert ended_job("17_1") is None


def test_gpus_are_looked_for_in_the_partition(commands):
    commands("sinfo", "echo 'cpu*|(null)'", "echo 'gpu|gpu:a100:4(S:0-1)'")
    assert [has_gpus(partition) for partition in (None, "cpu", "gpu", "cpu,gpu")] == [
        False,
        False,
        True,
        True,
    ]


def test_jobs_get_the_gpus_that_runs_can_use(tmp_path, commands):
    commands("sinfo", "echo 'gpu*|gpu:4'")
    on = {name: f"trainer.accelerator={name}" for name in ("auto", "cpu")}
    wanting = [Job((), cell(tmp_path, on["auto"], f"trainer.devices={devices}")) for devices in (1, 2)]
    assert slurm._gpus(wanting, SlurmSettings()) == 2
    assert slurm._gpus(wanting, SlurmSettings(gpus_per_node=0)) == 0
    assert slurm._gpus([Job((), cell(tmp_path, on["cpu"]))], SlurmSettings()) == 0
    commands("sinfo", "echo 'cpu*|(null)'")
    assert slurm._gpus(wanting, SlurmSettings()) == 0


def test_where_there_is_no_slurm_one_line_tells(tmp_path, monkeypatch, progress):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="sbatch, srun, squeue, scontrol, sinfo cannot be found on PATH"):
        run_on_slurm(jobs(tmp_path, 1), progress, SlurmSettings())


def test_what_sbatch_says_is_reported(tmp_path, commands, progress, capsys):
    message = "sbatch: error: Batch job submission failed: Invalid job array specification"
    commands("sbatch", f"echo '{message}' >&2", "exit 1")
    with pytest.raises(UserError, match=f"takes none of 2 jobs: {message}; hydra.sweeper.max_batch_size="):
        run_on_slurm(jobs(tmp_path, 1, 2), progress, SlurmSettings())
    assert "sbatch" not in capsys.readouterr().err


def test_modes_that_print_are_refused(tmp_path, progress):
    with pytest.raises(UserError, match="mode=describe prints here"):
        run_on_slurm([Job((), cell(tmp_path, "mode=describe"))], progress, SlurmSettings())


def test_a_job_of_an_earlier_sweep_is_known_again(tmp_path, commands):
    (job,) = jobs(tmp_path, 1)
    assert submitted_before(job, {}) is None
    (entry,) = submit([job], SlurmSettings(), gpus=0)
    queue = {"17": entry.name}
    assert submitted_before(job, queue) == entry
    assert submitted_before(job, {}) is None
    assert submitted_before(job, {"17": "someone's"}) is None
    (job.folder.path / "slurm_job.json").write_text("damaged")
    assert submitted_before(job, queue) is None


def test_two_sweeps_at_once_submit_a_job_once(tmp_path, commands, progress, monkeypatch):
    """The second is started while sbatch answers the first."""
    monkeypatch.setattr(slurm, "_watch", lambda *_: None)
    queue, asked, go = (tmp_path / name for name in ("queue", "asked", "go"))
    commands("squeue", f"cat {queue} 2> /dev/null; exit 0")
    named = f"sed -n 's/^#SBATCH --job-name=/17|PENDING|None|/p' \"$1\" > {queue}"
    commands(
        "sbatch",
        f"echo >> {asked}",
        f"until test -f {go}; do sleep 0.01; done",
        named,
        "echo Submitted batch job 17",
    )
    sweeps = [
        threading.Thread(target=run_on_slurm, args=(jobs(tmp_path, 1), progress, SlurmSettings()))
        for _ in range(2)
    ]
    sweeps[0].start()
    while not asked.is_file():
        time.sleep(0.01)
    sweeps[1].start()
    time.sleep(0.3)  # in which the second, if it does not wait, asks sbatch as well
    go.touch()
    for sweep in sweeps:
        sweep.join()
    assert asked.read_text() == "\n"
    assert "of an earlier sweep, 1 wait or run, and are watched" in progress.console.file.getvalue()


def test_a_job_that_another_sweep_has_just_finished_is_not_submitted(tmp_path, commands, progress):
    commands("sbatch", "exit 1")
    (job,) = jobs(tmp_path, 1)
    leave_record(job, status="finished", score=90.0, ended="2026-01-02T00:00:00+00:00")
    run_on_slurm([job], progress, SlurmSettings())
    assert (job.error, job.score) == (None, 90.0)


def test_a_job_that_fails_within_its_submission_is_reported(tmp_path, commands, progress, monkeypatch):
    (job,) = jobs(tmp_path, 1)
    submit_array = SlurmExecutor.submit_array

    def submit_and_fail(*arguments):
        leave_record(job, status="failed", error="no data", ended="2026-01-01T00:00:00+00:00")
        return submit_array(*arguments)

    monkeypatch.setattr(SlurmExecutor, "submit_array", submit_and_fail)
    monkeypatch.setattr(slurm, "SECONDS_FOR_RECORD", 0.01)
    run_on_slurm([job], progress, SlurmSettings())
    assert job.error == "no data"


LESS_MEMORY = (
    "lower recipe.batch_size (now 64), dataset.image_size (now 32), the jobs of a sweep with "
    "hydra.launcher.jobs_per_device=, or set trainer.precision=bf16-mixed (now 32-true)"
)


@pytest.mark.parametrize(
    ("scontrol", "message"),
    [
        ("JobState=CANCELLED ExitCode=0:0", "CANCELLED"),
        (
            "JobState=OUT_OF_MEMORY ExitCode=0:125",
            f"OUT_OF_MEMORY: raise hydra.launcher.mem, or {LESS_MEMORY}",
        ),
        (
            "JobState=FAILED ExitCode=137:0",
            f"killed by SIGKILL, most likely for want of memory: {LESS_MEMORY}; "
            "the same command goes on from the last finished epoch",
        ),
        ("JobState=FAILED ExitCode=139:0", "killed by SIGSEGV"),
        ("JobState=FAILED ExitCode=3:0", "ended with exit status 3 and left no record"),
        ("JobState=COMPLETED ExitCode=0:0", "ended and left no record"),
        ("", "ended and left no record"),
    ],
)
def test_a_lost_job_is_reported(tmp_path, commands, progress, monkeypatch, scontrol, message):
    for grace in ("SECONDS_FOR_RECORD", "SECONDS_FOR_RECORD_OF_LOST", "POLL_SECONDS"):
        monkeypatch.setattr(slurm, grace, 0.01)
    commands("scontrol", f"echo '{scontrol}'")
    (job,) = jobs(tmp_path, 1)
    run_on_slurm([job], progress, SlurmSettings())
    assert job.error == f"{message} (SLURM job 17)"
    said = progress.console.file.getvalue()
    assert f"[1/2] failed  digits/mobilenetv3/none seed 1: {message} (SLURM job 17)\n" in said


def test_what_a_job_raised_before_its_run_began_is_reported(tmp_path, commands, progress, monkeypatch):
    """As submitit and srun leave it in the job's output, beside the script that sbatch is given."""
    monkeypatch.setattr(slurm, "SECONDS_FOR_RECORD_OF_LOST", 0.01)
    commands("scontrol", "echo 'JobState=FAILED ExitCode=1:0'")
    output = (
        "submitit ERROR - Submitted job triggered an exception",
        "Traceback (most recent call last):",
        "ModuleNotFoundError: No module named mine",
        "srun: error: n1: task 0: Exited with exit code 1",
    )
    written = "".join(f'echo "{line}" >> "$folder/17_0_log.out"; ' for line in output)
    find_folder = 'for last; do :; done; folder=$(dirname "$last")'
    commands("sbatch", find_folder, written, "echo Submitted batch job 17")
    (job,) = jobs(tmp_path, 1)
    run_on_slurm([job], progress, SlurmSettings())
    assert job.error == "ModuleNotFoundError: No module named mine (SLURM job 17)"


def test_the_record_decides_and_an_earlier_one_does_not(tmp_path, commands, progress, monkeypatch):
    """The first job's earlier failure lies in its folder; the second's record comes while it still runs."""
    monkeypatch.setattr(slurm, "SECONDS_FOR_RECORD", 0.01)
    monkeypatch.setattr(slurm, "POLL_SECONDS", 0.01)
    lost, done = jobs(tmp_path, 1, 2)
    leave_record(lost, status="failed", error="long ago", ended="2026-01-01T00:00:00+00:00")
    commands("squeue", "test -f $0.asked && echo '17_1|RUNNING|None|lga' || touch $0.asked")
    commands("scontrol", "exit 1")
    original = slurm.submit

    def submit_and_finish(*arguments):
        entries = original(*arguments)
        leave_record(done, status="finished", score=90.0, ended="2026-01-02T00:00:00+00:00")
        return entries

    monkeypatch.setattr(slurm, "submit", submit_and_finish)
    run_on_slurm([lost, done], progress, SlurmSettings())
    assert lost.error == "ended and left no record (SLURM job 17_0)"
    assert (done.error, done.score) == (None, 90.0)


def leave_record(job, **fields):
    job.folder.path.mkdir(parents=True, exist_ok=True)
    common = {
        "cell": CellRecord(**asdict(job.run.cell)),
        "config_hash": job.run.config_hash,
        "config": dict(job.run.config),
        "overrides": [],
        "scale": "smoke",
        "protocol": "classification",
        "monitor": "val/top1",
        "seconds": 1.0,
        "started": fields["ended"],
    }
    write_record(job.folder.result, RunRecord(**common, **fields))


def test_a_controller_that_stays_silent_ends_the_watch(tmp_path, commands, progress, monkeypatch):
    monkeypatch.setattr(slurm, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(slurm, "MOST_SILENT_SECONDS", 0.1)
    commands("squeue", "test -f $0.asked && exit 1 || touch $0.asked")
    with pytest.raises(UserError, match="squeue: exit status 1; the jobs may go on"):
        run_on_slurm(jobs(tmp_path, 1), progress, SlurmSettings())


def test_an_interrupted_watch_leaves_the_jobs(tmp_path, commands, progress, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(slurm, "_watch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_on_slurm(jobs(tmp_path, 1, 2), progress, SlurmSettings())
    name = json.loads(next((tmp_path / "out").glob("runs/**/slurm_job.json")).read_text())["name"]
    message = f"2 go on unwatched; the same command watches them again, scancel --name={name} ends them"
    assert message in progress.console.file.getvalue()


@pytest.mark.slow
def test_a_job_ends_like_its_training(tmp_path):
    """A segfault of the training is the exit status that a shell gives it; its output is in the run's log."""
    program = """
import sys
from pathlib import Path
from lga.launch.slurm.submission import RunInJob
from tests.run.cells import cell
if __name__ == "__main__":
    RunInJob(cell(Path(sys.argv[1]), "attention.block._target_=tests.run.misbehaving.Segfaults"), sys.path)()
"""
    (tmp_path / "job.py").write_text(program)
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "job.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 128 + signal.SIGSEGV
    assert ended.stdout + ended.stderr == b""
    assert "training in" in next(tmp_path.glob("runs/**/run.log")).read_text()
