"""`trainer.devices` above 1: one cell, trained and judged by a process for each device of this machine.

The process that holds the run's folder starts them, waits, and takes part in nothing, so that no device's
failure can block it: the first one ends the others, and the run with it. Rank 0 writes checkpoints, metrics
and pictures and talks; the others are silent.
"""

import json
import logging
import multiprocessing
import os
import signal
import socket
import sys
from contextlib import nullcontext
from dataclasses import replace
from multiprocessing import connection
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from torch.distributed import TCPStore  # type: ignore[attr-defined]
from torch.multiprocessing.spawn import ProcessContext, ProcessException, start_processes

from lga.config.frozen_run import FrozenRun
from lga.run.devices.places import check_devices
from lga.run.devices.processes import die, end_with_parent, fork_server
from lga.run.devices.rank_failures import Failure, report, reported
from lga.run.folder.directory import RunDirectory
from lga.run.machine.console import logging_to
from lga.run.machine.failures import killed_by, told_to_user
from lga.system.errors import UserError

log = logging.getLogger("lga")

RESULTS = "results"
SECONDS_TO_END = 2.0  # in which those that saw a failure end by themselves


def fit_and_judge_on_devices(run: FrozenRun) -> dict[str, Any]:
    """Trains `run` to its end and judges it; returns the measured fields of its record.

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
        failure = reported(store) or Failure(rank, node_of(run, rank), how)
        log.debug("%s: rank %d of %d failed\n%s", run.cell, failure.rank, devices, failure.trace)
        raise UserError(failure.line(devices, RunDirectory(run).log))
    results: dict[str, Any] = json.loads(store.get(RESULTS))
    return results


def _first_to_die(ranks: ProcessContext) -> tuple[int, int] | None:
    """Rank and exit status of the first that failed, by which the others are ended; None if all succeed."""
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
    """Trains and judges as one of the ranks, which meet at `port`; leaves results or a failure there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us ends us
    signal.signal(signal.SIGTERM, die)
    end_with_parent()
    multiprocessing.set_start_method(None, force=True)  # for the loaders', see `lga.launch.job`
    if rank > 0:
        be_silent(1, 2)
    from lga.run.device_group import joined  # Lightning, which the process that waits does without
    from lga.run.fit import fit_and_judge

    run, store = runs[rank], TCPStore("127.0.0.1", port)
    folder = RunDirectory(run)
    try:
        with (
            logging_to(folder.log) if rank == 0 else nullcontext(),
            told_to_user(run.config),
            joined(run, rank, len(runs), store) as group,
        ):
            results = fit_and_judge(run, folder, group)
        if rank == 0:
            store.set(RESULTS, json.dumps(results, default=BaseModel.model_dump))
    except BaseException as error:
        report(store, rank, node_of(run, rank), error)
        sys.exit(1)


def run_of_rank(run: FrozenRun, rank: int) -> FrozenRun:
    """The run as a rank is given it: with its part of the threads, and alone with W&B and the terminal."""
    trainer = run.config["trainer"]
    threads = max((trainer["threads"] or torch.get_num_threads()) // trainer["devices"], 1)
    config = {**run.config, "trainer": {**trainer, "threads": threads}}
    if rank > 0:
        config["trainer"]["progress"] = False
        config["logger"] = {**run.config["logger"], "name": "csv"}
    return replace(run, config=config)


def node_of(run: FrozenRun, rank: int) -> str:
    """Number and name of the node that this rank of the run is on."""
    return f"{rank // run.config['trainer']['devices']} ({socket.gethostname()})"


def be_silent(*descriptors: int) -> None:
    """Throws away what this process writes to these, 1 for its output and 2 for its errors."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
