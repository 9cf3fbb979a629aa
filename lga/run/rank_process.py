"""What the process of one device does: join the others, train and judge with them, report how it ended."""

import multiprocessing
import os
import signal
import sys
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from lga.run.console import logging_to
from lga.run.directory import RunDirectory
from lga.run.identity import FrozenRun
from lga.run.lifetime import end_with_parent
from lga.system.errors import UserError


class Report(NamedTuple):
    """How a rank ended: with results, or with an error in one line.

    Attributes:
        rank: its number.
        at: when, by the machine's monotonic clock.
        results: the measured fields of the run's record.
        error: None where it did not fail.
        told_to_user: whether the error is a `UserError`, that says itself what to do.
        trace: the error's traceback.
    """

    rank: int
    at: float
    results: dict[str, Any]
    error: str | None = None
    told_to_user: bool = False
    trace: str = ""


def take_part(run: FrozenRun, rank: int, ranks: int, port: int, reports: Connection) -> None:
    """Trains and judges `run` as one of `ranks`, which meet at `port`; sends a `Report`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    multiprocessing.set_start_method(None, force=True)  # for the loaders', see `lga.run.worker`
    if rank > 0:
        _be_silent()
    try:
        results = _fit_and_judge(run, rank, ranks, port)
        reports.send(Report(rank, time.monotonic(), results))
    except BaseException as error:
        reports.send(_failed(rank, error))
        sys.exit(1)


def _fit_and_judge(run: FrozenRun, rank: int, ranks: int, port: int) -> dict[str, Any]:
    folder = RunDirectory(run)
    if rank > 0:
        return _in_group(run, folder, rank, ranks, port)
    with logging_to(folder.log):
        return _in_group(run, folder, rank, ranks, port)


def _in_group(run: FrozenRun, folder: RunDirectory, rank: int, ranks: int, port: int) -> dict[str, Any]:
    from lga.run.device_group import joined
    from lga.run.failures import told_to_user
    from lga.run.fit import fit_and_judge

    accelerator = run.config["trainer"]["accelerator"]
    with told_to_user(run.config), joined(accelerator, rank, ranks, port) as group:
        return fit_and_judge(run, folder, group)


def _failed(rank: int, error: BaseException) -> Report:
    told_to_user = isinstance(error, UserError)
    line = (str(error).strip() or repr(error)).splitlines()[0]
    told = str(error) if told_to_user else f"{type(error).__name__}: {line}"
    return Report(rank, time.monotonic(), {}, told, told_to_user, traceback.format_exc())


def _be_silent() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
