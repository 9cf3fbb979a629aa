"""A sweep's engine on this machine: a process for each job, on places that devices and cores allow.

The processes are forked from a server that has torch, torchvision, Lightning and W&B loaded, so that a job
starts at once; an exception, `sys.exit`, a segfault or a kill costs that job alone.
"""

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any

from lga.run.devices import Slot, slots
from lga.run.identity import FrozenRun
from lga.run.sweep import Job
from lga.run.sweep_progress import SweepProgress

WAIT_SECONDS = 0.5
SECONDS_TO_TERMINATE = 5.0


def run_in_processes(jobs: list[Job], progress: SweepProgress, jobs_per_device: int | None) -> None:
    """Runs `jobs`, so many at once on a device, each as soon as there is a place for it."""
    free = _places(jobs, jobs_per_device)
    waiting = deque(jobs)
    running: dict[Any, tuple[Any, Job, Slot, float]] = {}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lga.run.preload"])
    progress.workers = len(free)
    with _children_end_with_us(running):
        while waiting or running:
            while waiting and free:
                job, slot = waiting.popleft(), free.pop()
                process = context.Process(target=_work, args=(job.run, slot, job.trains), daemon=False)
                process.start()
                running[process.sentinel] = (process, job, slot, time.monotonic())
            for sentinel in connection.wait(list(running), timeout=WAIT_SECONDS):
                process, job, slot, started = running.pop(sentinel)
                process.join()
                free.append(slot)
                job.seconds = time.monotonic() - started
                _settle(job, process.exitcode)
                progress.ended(str(job.run.cell), job.error, job.score, job.seconds, job.folder.log)


def _places(jobs: list[Job], jobs_per_device: int | None) -> list[Slot]:
    trainers = [job.run.config["trainer"] for job in jobs]
    most = max(trainer["devices"] for trainer in trainers)
    return slots(str(trainers[0]["accelerator"]), jobs_per_device, len(jobs), most)


def _work(run: FrozenRun, slot: Slot, trains: bool) -> None:
    from lga.run.worker import work

    work(run, slot, trains)


def _settle(job: Job, exitcode: int) -> None:
    record = job.record_left() if job.trains else None
    if exitcode == 0 and (record is None) != job.trains:
        job.score = record.score if record else None
    elif exitcode < 0:
        job.error = f"killed by {signal.Signals(-exitcode).name}"
    elif record is not None and record.status == "failed" and record.error:
        job.error = record.error
    else:
        job.error = f"ended with exit status {exitcode} and left no record"


@contextmanager
def _children_end_with_us(running: dict[Any, tuple[Any, Job, Slot, float]]) -> Iterator[None]:
    """Ends what still runs when we are interrupted or terminated; checkpoints make that harmless."""

    def terminated(signum: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        processes = [entry[0] for entry in running.values()]
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(SECONDS_TO_TERMINATE)
            if process.is_alive():
                process.kill()
