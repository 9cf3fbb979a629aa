"""The process of one job of a sweep: how it is started, and how it ended.

What a sweep's process does: take its place, then execute its run.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from multiprocessing.process import BaseProcess

from lga.config.frozen_run import FrozenRun
from lga.launch.sweep import Job
from lga.run.devices.places import Slot
from lga.run.devices.processes import die, end_with_parent, fork_server
from lga.run.execute import execute
from lga.run.machine.failures import killed_by
from lga.system.errors import UserError
from lga.system.files import writable


def start(job: Job, slot: Slot) -> BaseProcess:
    """A started process that executes the job's run on `slot`."""
    process = fork_server().Process(target=_work, args=(job.run, slot, job.trains), daemon=False)
    process.start()
    return process


def settle(job: Job, exitcode: int) -> None:
    """Sets the job's score or error, by its process's exit status and the record that it left."""
    record = job.record_left() if job.trains else None
    if exitcode == 0 and (record is None) != job.trains:
        job.score = record.score if record else None
    elif exitcode < 0:
        job.error = killed_by(-exitcode, job.run.config)
    elif record is not None and record.status == "failed" and record.error:
        job.error = record.error
    else:
        job.error = f"ended with exit status {exitcode} and left no record"


def _work(run: FrozenRun, slot: Slot, trains: bool) -> None:
    from lga.launch.job import work

    work(run, slot, trains)


def work(run: FrozenRun, slot: Slot, trains: bool) -> None:
    """Execute `run` on `slot`, its output in the run's log when it trains.

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
        _take(slot)
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
    """Sends this process's output, and that of its children, to the run's log, after what is there."""
    folder = run.directory
    with writable(folder, "paths.output_dir"):
        folder.mkdir(parents=True, exist_ok=True)
        log = os.open(folder / "run.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _take(slot: Slot) -> None:
    import torch

    if slot.device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = slot.device
    torch.set_num_threads(slot.threads)
