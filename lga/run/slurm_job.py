"""What a SLURM job does: train its run in a process of its own, and be requeued when it is told to stop.

Some time before the end of a job's time, and on some clusters before a preemption, SLURM sends SIGUSR2.
Submitit then has the job requeued and ends it; the next start continues from the last checkpoint, to the
bit. The training is in a child of the process that submitit watches over, so that no signal reaches it
while it computes, and a segfault or a kill of it is an exit status like any other.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess

from submitit.core.utils import DelayedSubmission

from lga.run.devices import Slot
from lga.run.identity import FrozenRun
from lga.run.slurm_queue import SIGNALLED
from lga.run.worker import redirect_output, work

SECONDS_TO_BE_REQUEUED = 5.0


class RunInJob:
    """A frozen run as submitit hands it to a job, and anew to the same job when that is requeued."""

    def __init__(self, run: FrozenRun, search_path: Sequence[str]) -> None:
        self.run = run
        self.search_path = list(search_path)

    def __call__(self) -> None:
        """Trains the run, resuming it if it was begun; exits with the status of the process that did."""
        sys.path[:] = self.search_path  # that of the sweep, which has the user's modules too
        redirect_output(self.run)
        status = _trained_in_child(self.run)
        if status == -signal.SIGTERM:
            time.sleep(SECONDS_TO_BE_REQUEUED)  # a preemption may send SIGTERM to all, then SIGUSR2
        if status != 0:
            sys.exit(status if status > 0 else SIGNALLED - status)

    def checkpoint(self) -> DelayedSubmission:
        """What submitit is to run in the requeued job: the same, its checkpoints are in the run's folder."""
        return DelayedSubmission(self)


def _trained_in_child(run: FrozenRun) -> int:
    """The exit status of the process that trained; negative for the signal that killed it."""
    process = _started(run)
    try:
        process.join()  # here submitit's handler of SIGUSR2 raises SystemExit, once the job is requeued
    finally:
        process.kill()  # checkpoints make that harmless
        process.join()
    return process.exitcode or 0


def _work(run: FrozenRun, slot: Slot) -> None:
    """As `work`, but ends without an interpreter's clean-up, for which an allocated GPU would wait."""
    try:
        work(run, slot, trains=True)
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)


def _started(run: FrozenRun) -> BaseProcess:
    """A process that trains `run`; SIGUSR2, which SLURM sends to all processes of a job, is not for it."""
    slot = Slot(device=None, threads=int(os.environ.get("SLURM_CPUS_ON_NODE", "1")))  # SLURM sets the GPUs
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(run, slot))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])  # children inherit that
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])
    return process
