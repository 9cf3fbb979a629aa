"""The process of one job of a sweep: how it is started, and how it ended."""

from multiprocessing.process import BaseProcess

from lga.run.devices import Slot
from lga.run.failures import killed_by
from lga.run.fork_server import fork_server
from lga.run.identity import FrozenRun
from lga.run.sweep import Job


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
    from lga.run.worker import work

    work(run, slot, trains)
