"""Run a sweep's jobs on this machine: a process for each job, as soon as there are devices for it.

An exception, `sys.exit`, a segfault or a kill costs that job alone. A job's process sets its devices and
threads, then executes its run.
"""

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any

from lga.config.frozen_run import FrozenRun
from lga.launch.sweep import Job, SweepProgress
from lga.run.devices.device_sets import DeviceSet, device_sets
from lga.run.devices.processes import die, end_with_parent, fork_server
from lga.run.execute import execute
from lga.run.machine.failures import killed_by
from lga.system.errors import UserError
from lga.system.files import writable

WAIT_SECONDS = 0.5
SECONDS_TO_TERMINATE = 5.0


def settle(job: Job, exitcode: int) -> None:
    """Set the job's score or error, by its process's exit status and the record that it left."""
    record = job.record_left() if job.trains else None
    if exitcode == 0 and (record is None) != job.trains:
        job.score = record.score if record else None
    elif exitcode < 0:
        job.error = killed_by(-exitcode, job.run.config)
    elif record is not None and record.status == "failed" and record.error:
        job.error = record.error
    else:
        left = "left no record" if job.trains else "said why"
        job.error = f"ended with exit status {exitcode} and {left}"


def work(run: FrozenRun, devices: DeviceSet, trains: bool) -> None:
    """Execute `run` on `devices`, its output in the run's log when it trains.

    Exits non-zero on failure.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the sweep ends us itself
    signal.signal(signal.SIGTERM, die)
    end_with_parent()
    # As children of the fork server, that a sweep's jobs are, the loaders' processes would outlive us.
    multiprocessing.set_start_method(None, force=True)
    status = 1
    try:
        if trains:
            redirect_output(run)
        _take(devices)
        execute(run)
        status = 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    sys.exit(status)


def redirect_output(run: FrozenRun) -> None:
    """Send this process's output, and that of its children, to the run's log, after what is there."""
    folder = run.directory
    with writable(folder, "paths.output_dir"):
        folder.mkdir(parents=True, exist_ok=True)
        log = os.open(folder / "run.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _take(devices: DeviceSet) -> None:
    import torch

    if devices.gpus is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = devices.gpus
    torch.set_num_threads(devices.threads)


def run_in_processes(jobs: list[Job], progress: SweepProgress, jobs_per_device: int | None) -> None:
    """Run `jobs`, so many at once on a device; None: one a GPU, or one a core."""
    trainers = [job.run.config["trainer"] for job in jobs]
    most_devices = max(trainer["devices"] for trainer in trainers)
    free = device_sets(str(trainers[0]["accelerator"]), jobs_per_device, len(jobs), most_devices)
    running: dict[Any, tuple[Any, Job, DeviceSet, float]] = {}
    with _children_end_with_us(running):
        waiting = deque(jobs)
        while waiting or running:
            while waiting and free:
                job, devices = waiting.popleft(), free.pop()
                arguments = (job.run, devices, job.trains)
                process = fork_server().Process(target=work, args=arguments, daemon=False)
                process.start()
                running[process.sentinel] = (process, job, devices, time.monotonic())
            progress.workers = max(progress.workers, len(running))
            progress.show_running(entry[1] for entry in running.values())
            for sentinel in connection.wait(list(running), timeout=WAIT_SECONDS):
                process, job, devices, started = running.pop(sentinel)
                process.join()
                free.append(devices)
                job.seconds = time.monotonic() - started
                settle(job, process.exitcode)
                progress.ended(job.name, job.error, job.score, job.seconds, job.folder.log)


@contextmanager
def _children_end_with_us(running: dict[Any, tuple[Any, Job, DeviceSet, float]]) -> Iterator[None]:
    """End what still runs when we are interrupted or terminated; checkpoints make that harmless."""
    try:
        yield
    finally:
        processes = [entry[0] for entry in running.values()]
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(SECONDS_TO_TERMINATE)
            if process.is_alive():
                process.kill()
