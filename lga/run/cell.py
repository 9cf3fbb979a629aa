"""`mode=train`: claim the run's folder, train or resume, judge the chosen epoch, leave a record."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lga.config.frozen_run import FrozenRun
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import CellRecord, RunRecord, write_record
from lga.run.machine.console import logging_to
from lga.run.preflight import check
from lga.system.errors import UserError
from lga.system.files import writable
from lga.system.terminal_text import first_line

log = logging.getLogger("lga")

Fit = Callable[[FrozenRun, RunDirectory], dict[str, Any]]  # returns the measured fields of the record


@dataclass(frozen=True)
class _Started:
    """When the run was started: by the clock, which may be set meanwhile, and by one that only goes on."""

    clock: float = field(default_factory=time.time)
    monotonic: float = field(default_factory=time.monotonic)


def train(run: FrozenRun, fit: Fit | None = None) -> float:
    """Return the run's score: read from its finished record, else trained for, by `fit` if it is given.

    Every way to fail but a kill leaves a record with status `failed`, and raises.
    """
    folder = RunDirectory(run)
    if done := folder.done():
        return _cached(*done, folder)
    with folder.claim():
        if done := folder.done():  # another process may have trained it meanwhile
            return _cached(*done, folder)
        started = _Started()
        with logging_to(folder.log), _failure_recorded(run, folder, started):
            check(run)
            log.info("%s: training in %s", run.cell, folder.path)
            from lga.run.folder.checkpoints import recover  # torch

            recover(folder)
            folder.result.unlink(missing_ok=True)  # of a failed attempt
            results = (fit or _fit)(run, folder)
            record = _record(run, started, status="finished", **results)
            with writable(folder.path, "paths.output_dir"):
                folder.remove_previous()  # before: nobody looks into a finished run again
                write_record(folder.result, record)
            log.info("%s: %s in %.0f s, %s", run.cell, _scored(record), record.seconds, folder.result)
    return _score(record)


def _fit(run: FrozenRun, folder: RunDirectory) -> dict[str, Any]:
    from lga.run.machine.failures import as_user_error

    if run.config["trainer"]["devices"] != 1:
        from lga.run.devices.ranks import fit_and_judge_on_devices

        return fit_and_judge_on_devices(run)
    from lga.run.fit import fit_and_judge

    with as_user_error(run.config):
        return fit_and_judge(run, folder)


def _cached(path: Path, record: RunRecord, remark: str, folder: RunDirectory) -> float:
    here = path == folder.result
    where = path if here else f"kept in {path}, paths.kept=null trains it again"
    print(
        f"{folder.run.cell}: finished before ({_scored(record)}), nothing to do: {where}{remark}", flush=True
    )
    if folder.run.config["instruments"]["enabled"] and record.instruments is None:
        print(
            f"{folder.run.cell}: instruments.enabled=true, but this run was trained without them: "
            f"remove {folder.path if here else path} to train it again, or choose another seed",
            flush=True,
        )
    if lacking := [name for name in folder.run.config["metrics"] if not _has(record, name)]:
        what = ", ".join(lacking)
        print(f"{folder.run.cell}: no {what} in its record: mode=evaluate gives it", flush=True)
    return _score(record)


def _has(record: RunRecord, metric: str) -> bool:
    return any(name.split("/")[0] == metric for name in record.metrics)


@contextmanager
def _failure_recorded(run: FrozenRun, folder: RunDirectory, started: _Started) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if not isinstance(error, UserError | KeyboardInterrupt) or error.__cause__:
            log.debug("%s: failed\n%s", run.cell, traceback.format_exc())
        if not isinstance(error, KeyboardInterrupt):
            _leave_failed_record(run, folder, started, error)
        raise


def _leave_failed_record(
    run: FrozenRun, folder: RunDirectory, started: _Started, error: BaseException
) -> None:
    what = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {first_line(error)}"
    try:
        write_record(folder.result, _record(run, started, status="failed", error=what))
    except OSError as refused:
        log.warning("the failure could not be recorded in %s: %s", folder.result, refused.strerror)


def _record(run: FrozenRun, started: _Started, **results: Any) -> RunRecord:
    config = run.config
    fields: dict[str, Any] = {
        "cell": CellRecord(**asdict(run.cell)),
        "config_hash": run.config_hash,
        "config": dict(config),
        "overrides": list(run.overrides),
        "group": config["logger"]["group"],
        "protocol": config["task"]["name"],
        "monitor": config["task"]["monitor"],
        "seconds": round(time.monotonic() - started.monotonic, 3),
        "started": _timestamp(started.clock),
        "ended": _timestamp(time.time()),
    }
    return RunRecord(**{**fields, **results})


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _score(record: RunRecord) -> float:
    return float("nan") if record.score is None else record.score


def _scored(record: RunRecord) -> str:
    name = record.monitor.split("/", 1)[-1]
    return f"{name} {record.metrics.get(name, float('nan')):.2f}"
