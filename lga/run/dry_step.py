"""The dry step of a sweep: what each of its networks needs of memory, measured before the first job starts.

A few steps of everything that a job does, by the code that does it, in a process of its own and with the real
batches: training, of which the second step is the first with the optimizer's state, then a batch of either
split that is judged. Its results go to a folder that is removed.

Not seen, and left to the margin of `lga.run.packing`: what grows with the images of an epoch, such as those
that data.cache=memory keeps, and the one batch with the most objects.
"""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from lga.run.devices import Slot
from lga.run.execute import execute
from lga.run.fork_server import fork_server
from lga.run.identity import FrozenRun
from lga.run.job_process import settle, start
from lga.run.memory import MemoryWatch, gpu_memory, taken_of_gpu
from lga.run.packing import Need
from lga.run.sweep import Job

# What cannot change the memory that a job needs; runs that differ in nothing else share one dry step.
NOT_OF_MEMORY = (
    "seed",
    "paths",
    "logger",
    "attention.name",
    "recipe.name",
    "recipe.epochs",
    "recipe.optimizer.lr",
    "recipe.weight_decay",
    "recipe.schedule",
    "recipe.ema_decay",
    "recipe.ema_ramp_steps",
    "recipe.clip_norm",
    "recipe.select",
    "task.data.epochs",
    "trainer.scale",
    "trainer.max_epochs",
    "trainer.limit_train_batches",
    "trainer.limit_eval_batches",
    "trainer.progress",
)
DRY_TRAINER = {
    "scale": "smoke",
    "max_epochs": 1,
    "limit_train_batches": 2,
    "limit_eval_batches": 1,
    "progress": False,
}


@dataclass(frozen=True)
class Measured:
    """What the jobs of a network, of which `job` is one, need; None, and why, where the dry step failed."""

    job: Job
    need: Need | None
    error: str | None = None


def memory_key(run: FrozenRun) -> str:
    """The same for two runs if they need the same memory."""
    kept = _kept(run.config)
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def measure(jobs: Sequence[Job], slot: Slot) -> dict[str, Measured]:
    """By `memory_key`, what the jobs need, each network measured alone on `slot`, one after the other."""
    first: dict[str, Job] = {}
    for job in jobs:
        first.setdefault(memory_key(job.run), job)
    return {key: _measured(job, slot) for key, job in first.items()}


def _measured(job: Job, slot: Slot) -> Measured:
    ours, theirs = fork_server().Pipe(duplex=False)
    with ours, tempfile.TemporaryDirectory(prefix="lga-dry-step-", ignore_cleanup_errors=True) as folder:
        dry = Job(job.overrides, dry_run(job.run, folder))
        process = start(dry, slot, partial(execute_measured, gpu=slot.device, needs=theirs))
        theirs.close()
        try:
            process.join()
        finally:  # of an interrupt, too
            process.kill()
            process.join()
        settle(dry, process.exitcode or 0)
        return Measured(job, None, dry.error) if dry.error else Measured(job, ours.recv())


def dry_run(run: FrozenRun, folder: str) -> FrozenRun:
    """A few steps of `run`, with nobody told and results in `folder`."""
    changes: dict[str, dict[str, Any]] = {
        "trainer": DRY_TRAINER,
        "logger": {"name": "csv"},
        "paths": {"run_dir": folder},
    }
    changed = {group: {**run.config[group], **values} for group, values in changes.items()}
    return replace(run, config={**run.config, **changed})


def execute_measured(run: FrozenRun, gpu: str | None, needs: Connection) -> None:
    """Executes `run` in this process, and sends the `Need` that was seen."""
    used_before = 0 if gpu is None else gpu_memory(gpu).used
    with MemoryWatch() as watch:
        execute(run)
    host = watch.own + watch.children
    needs.send(Need(host if gpu is None else taken_of_gpu(gpu, used_before), host))


def _kept(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    return {
        str(key): _kept(value, f"{prefix}{key}.") if isinstance(value, Mapping) else value
        for key, value in config.items()
        if f"{prefix}{key}" not in NOT_OF_MEMORY
    }
