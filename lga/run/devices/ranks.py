"""`trainer.devices` above 1: one cell, trained and judged by a process for each device of this machine.

The process that holds the run's folder starts them, waits, and takes part in nothing, so that no device's
failure can block it: the first one ends the others, and the run with it. Rank 0 writes checkpoints, metrics
and pictures and prints; the others are silent.

The rank that failed first says how through the store at which they meet: the others see that their connection
to it is lost, which says nothing to a user.
"""

import json
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from multiprocessing import connection
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from pydantic import BaseModel
from torch.distributed import DistError, Store, TCPStore  # type: ignore[attr-defined]
from torch.multiprocessing.spawn import ProcessContext, ProcessException, start_processes

from lga.config.frozen_run import FrozenRun
from lga.data.loading.sharding import Shard
from lga.run.devices.device_sets import check_devices
from lga.run.devices.processes import die, end_with_parent, fork_server
from lga.run.folder.directory import RunDirectory
from lga.run.machine.console import logging_to
from lga.run.machine.failures import as_user_error, killed_by
from lga.system.errors import UserError
from lga.system.secrets import hide_variables
from lga.system.terminal_text import first_line

CAUSE = "cause"
SECONDS_TO_TELL = 2.0
log = logging.getLogger("lga")
RESULTS = "results"
SECONDS_TO_END = 2.0  # in which those that saw a failure end by themselves


class Failure(NamedTuple):
    """How a rank failed.

    Attributes:
        rank: its number, from 0.
        node: where it ran.
        what: what happened, in one line.
        is_user_error: whether that is a `UserError`'s, which says itself what to do.
        trace: the traceback; empty for a process that was killed.
    """

    rank: int
    node: str
    what: str
    is_user_error: bool = False
    trace: str = ""

    def line(self, ranks: int, log: Path) -> str:
        """Return the line for the user."""
        where = f" (rank {self.rank} of {ranks} on node {self.node}, log {log})"
        return self.what + ("" if self.is_user_error else where)


def record_failure(store: Store, rank: int, node: str, error: BaseException) -> None:
    """Record `error` as the cause if it is the first one, and not the loss of another rank."""
    if isinstance(error, DistError) or "gloo" in str(error):
        return
    to_user = isinstance(error, UserError)
    what = str(error) if to_user else f"{type(error).__name__}: {first_line(error)}"
    trace = "".join(traceback.format_exception(error))
    store.compare_set(CAUSE, "", json.dumps(Failure(rank, node, what, to_user, trace)))


def recorded_failure(store: Store) -> Failure | None:
    """Return the first failure that a rank has reported."""
    return Failure(*json.loads(store.get(CAUSE))) if store.check([CAUSE]) else None


def first_failure(store: Store, rank: int, ranks: int) -> Failure:
    """Return the reported one; if none is in time, that of the rank which has gone without a word."""
    gone = "a process ended without a word, most likely killed"
    try:
        store.set(f"alive/{rank}", "")
        until = time.monotonic() + SECONDS_TO_TELL
        while time.monotonic() < until:
            if failure := recorded_failure(store):
                return failure
            time.sleep(0.1)
        lost = next((each for each in range(ranks) if not store.check([f"alive/{each}"])), rank)
        return Failure(lost, store.get(f"node/{lost}").decode(), gone)
    except DistError:
        return Failure(0, "0", gone)  # the store was its


def fit_and_judge_on_devices(run: FrozenRun) -> dict[str, Any]:
    """Train `run` to its end and judge it; return the measured fields of its record.

    Raises UserError with the first failure of a device's process, in one line; its traceback is in the log.
    """
    devices = run.config["trainer"]["devices"]
    check_devices(run.config["trainer"]["accelerator"], devices)
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # at a port that is free
    runs = [run_of_rank(run, rank) for rank in range(devices)]
    fork_server()  # has loaded what the ranks need
    ranks: ProcessContext = start_processes(  # type: ignore[no-untyped-call]
        _take_part, (runs, store.port), devices, join=False, start_method="forkserver"
    )
    try:
        died = _first_to_die(ranks)
    finally:
        for process in ranks.processes:
            process.kill()  # Lightning catches SIGTERM; checkpoints make a kill harmless
            process.join()
        for path in ranks.error_files:
            Path(path).unlink(missing_ok=True)
    if died is not None:
        rank, status = died
        how = killed_by(-status, run.config) if status < 0 else f"exit status {status}"
        failure = recorded_failure(store) or Failure(rank, node_of(run, rank), how)
        log.debug("%s: rank %d of %d failed\n%s", run.cell, failure.rank, devices, failure.trace)
        raise UserError(failure.line(devices, RunDirectory(run).log))
    results: dict[str, Any] = json.loads(store.get(RESULTS))
    return results


def _first_to_die(ranks: ProcessContext) -> tuple[int, int] | None:
    """Return rank and exit status of the first that failed, which ends the others; None if all succeed."""
    logging.getLogger("torch.multiprocessing.spawn").setLevel(logging.CRITICAL)
    while True:
        connection.wait(list(ranks.sentinels))
        killed = [rank for rank, process in enumerate(ranks.processes) if (process.exitcode or 0) < 0]
        try:
            if ranks.join(grace_period=SECONDS_TO_END):
                return None
        except ProcessException as error:
            first = killed[0] if killed else error.error_index
            return first, ranks.processes[first].exitcode


def _take_part(rank: int, runs: list[FrozenRun], port: int) -> None:
    """Train and judge as one of the ranks, which meet at `port`; leave results or a failure there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us ends us
    signal.signal(signal.SIGTERM, die)
    end_with_parent()
    multiprocessing.set_start_method(None, force=True)  # for the loaders', see `lga.launch.local`
    if rank > 0:
        be_silent(1, 2)
    from lga.run.fit import fit_and_judge  # Lightning, which the process that waits does without

    run, store = runs[rank], TCPStore("127.0.0.1", port)
    hide_variables(run.variables)
    folder = RunDirectory(run)
    try:
        with (
            logging_to(folder.log) if rank == 0 else nullcontext(),
            as_user_error(run.config),
            joined(run, rank, len(runs), store) as shard,
        ):
            results = fit_and_judge(run, folder, shard)
        if rank == 0:
            store.set(RESULTS, json.dumps(results, default=BaseModel.model_dump))
    except BaseException as error:
        record_failure(store, rank, node_of(run, rank), error)
        sys.exit(1)


@contextmanager
def joined(run: FrozenRun, rank: int, ranks: int, store: Store) -> Iterator[Shard]:
    """Join the process group of the run's ranks, which meet at `store`; yield this rank's shard."""
    trainer = run.config["trainer"]
    node, local_rank = divmod(rank, trainer["devices"])
    # Keeps Lightning from starting processes of its own.
    os.environ.update(LOCAL_RANK=str(local_rank), NODE_RANK=str(node))
    on_gpus = trainer["accelerator"] != "cpu" and torch.cuda.is_available()
    if on_gpus:
        torch.cuda.set_device(local_rank)
    dist.init_process_group("nccl" if on_gpus else "gloo", store=store, rank=rank, world_size=ranks)
    yield Shard(rank, ranks)
    dist.destroy_process_group()  # after a failure it could wait for ever


def run_of_rank(run: FrozenRun, rank: int) -> FrozenRun:
    """Return the run for one rank: with its part of the threads; the first alone has W&B and a terminal."""
    trainer = run.config["trainer"]
    threads = max((trainer["threads"] or torch.get_num_threads()) // trainer["devices"], 1)
    config = {**run.config, "trainer": {**trainer, "threads": threads}}
    if rank > 0:
        config["trainer"]["progress"] = False
        config["logger"] = {**run.config["logger"], "kinds": {}}
    return replace(run, config=config)


def node_of(run: FrozenRun, rank: int) -> str:
    """Return number and name of the node that this rank of the run is on."""
    return f"{rank // run.config['trainer']['devices']} ({socket.gethostname()})"


def be_silent(*descriptors: int) -> None:
    """Throw away what this process writes to these, 1 for its output and 2 for its errors."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
