"""A sweep's engine on this machine: a process for each job, as soon as there is a place for it.

An exception, `sys.exit`, a segfault or a kill costs that job alone.
"""

import signal
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any

from lga.launch.job import settle, start
from lga.launch.sweep import Job, SweepProgress
from lga.run.devices.places import Slot, slots

WAIT_SECONDS = 0.5
SECONDS_TO_TERMINATE = 5.0


def run_in_processes(jobs: list[Job], progress: SweepProgress, jobs_per_device: int | None) -> None:
    """Run `jobs`, so many at once on a device; None: one a GPU, or one a core."""
    trainers = [job.run.config["trainer"] for job in jobs]
    most_devices = max(trainer["devices"] for trainer in trainers)
    free = slots(str(trainers[0]["accelerator"]), jobs_per_device, len(jobs), most_devices)
    running: dict[Any, tuple[Any, Job, Slot, float]] = {}
    with _children_end_with_us(running):
        waiting = deque(jobs)
        while waiting or running:
            while waiting and free:
                job, slot = waiting.popleft(), free.pop()
                process = start(job, slot)
                running[process.sentinel] = (process, job, slot, time.monotonic())
            progress.workers = max(progress.workers, len(running))
            for sentinel in connection.wait(list(running), timeout=WAIT_SECONDS):
                process, job, slot, started = running.pop(sentinel)
                process.join()
                free.append(slot)
                job.seconds = time.monotonic() - started
                settle(job, process.exitcode)
                progress.ended(job.name, job.error, job.score, job.seconds, job.folder.log)


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
