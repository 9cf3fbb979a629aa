"""`trainer.devices` above 1: one cell, trained and judged by a process for each device of this machine.

The process that holds the run's folder starts them, waits, and takes part in nothing, so that no device's
failure can block it: the first one ends the others, and the run with it. Rank 0 writes checkpoints, metrics
and pictures and talks; the others are silent.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from lga.run.devices import check_devices
from lga.run.failures import killed_by
from lga.run.fork_server import fork_server
from lga.run.identity import FrozenRun
from lga.run.rank_process import Report, take_part
from lga.system.errors import UserError

log = logging.getLogger("lga")

SECONDS_FOR_OTHERS = 2.0  # in which those that saw a failure end by themselves
SECONDS_TO_END = 5.0
_NOTICED_LATE = 1.0  # a killed process is noticed after the errors it causes in others


class Rank(NamedTuple):
    """The process of one device, and where it reports how it ended."""

    number: int
    run: FrozenRun
    process: BaseProcess
    reports: connection.Connection


def fit_and_judge_on_devices(run: FrozenRun) -> dict[str, Any]:
    """Trains `run` to its end and judges it; returns the measured fields of its record.

    Raises UserError with the first failure of a device's process, in one line; its traceback is in the log.
    """
    import torch
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    trainer = run.config["trainer"]
    devices = trainer["devices"]
    check_devices(trainer["accelerator"], devices)
    threads = max((trainer["threads"] or torch.get_num_threads()) // devices, 1)
    meeting = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # at a port that is free
    runs = [_run_of(run, number, threads) for number in range(devices)]
    with _started(runs, meeting.port) as ranks:
        reports = _until_all_or_one_failed(ranks)
        if failed := [report for report in reports if report.error is not None]:
            first = min(failed, key=lambda report: report.at)
            log.debug("%s: rank %d of %d failed\n%s", run.cell, first.rank, devices, first.trace)
            where = "" if first.told_to_user else f" (rank {first.rank} of {devices})"
            raise UserError(f"{first.error}{where}")
    return next(report.results for report in reports if report.rank == 0)


def _run_of(run: FrozenRun, number: int, threads: int) -> FrozenRun:
    """The run as a rank is given it: with its part of the threads, and alone with W&B and the terminal."""
    config = {**run.config, "trainer": {**run.config["trainer"], "threads": threads}}
    if number > 0:
        config["trainer"]["progress"] = False
        config["logger"] = {**run.config["logger"], "name": "csv"}
    return replace(run, config=config)


@contextmanager
def _started(runs: list[FrozenRun], port: int) -> Iterator[list[Rank]]:
    """The processes of all ranks; none is left afterwards."""
    context = fork_server()
    ranks: list[Rank] = []
    try:
        for number, run in enumerate(runs):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=take_part, args=(run, number, len(runs), port, theirs))
            process.start()
            theirs.close()  # so that its end is seen when the process has gone
            ranks.append(Rank(number, run, process, ours))
        yield ranks
    except BaseException:
        for rank in ranks:
            rank.process.kill()  # Lightning catches SIGTERM; checkpoints make a kill harmless
        raise
    finally:
        for rank in ranks:
            rank.process.join(SECONDS_TO_END)
            if rank.process.is_alive():
                rank.process.kill()
                rank.process.join()


def _until_all_or_one_failed(ranks: list[Rank]) -> list[Report]:
    """The reports of all ranks; after a failure, of those that end soon after it."""
    waiting: dict[Any, Rank] = {rank.reports: rank for rank in ranks}
    reports: list[Report] = []
    deadline: float | None = None
    while waiting:
        timeout = None if deadline is None else max(deadline - time.monotonic(), 0)
        ended = connection.wait(list(waiting), timeout)
        if not ended and deadline is not None:
            break
        reports += [_report_of(waiting.pop(reader)) for reader in ended]
        if deadline is None and any(report.error is not None for report in reports):
            deadline = time.monotonic() + SECONDS_FOR_OTHERS
    return reports


def _report_of(rank: Rank) -> Report:
    try:
        report: Report = rank.reports.recv()
    except EOFError:
        at = time.monotonic() - _NOTICED_LATE
        rank.process.join(SECONDS_TO_END)
        return Report(rank.number, at, {}, error=_ended_by(rank))
    return report


def _ended_by(rank: Rank) -> str:
    exitcode = rank.process.exitcode or 0
    return killed_by(-exitcode, rank.run.config) if exitcode < 0 else f"exit status {exitcode}"
