"""The records that the repository keeps, one file for each run that a page below ``experiments`` shows.

A kept record is a run's own, less what belongs to the machine it ran on (paths, who was logged to), with its
history. Files are generated from kept records alone, so that every checkout gives the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lga.config.frozen_run import is_neutral
from lga.results.collect import CollectedRun
from lga.results.curves import curve_text
from lga.run.folder.directory import kept_path
from lga.run.folder.record import RunRecord, read_record, write_record
from lga.system.files import writable

RECORDS = "records"


def read_kept(folder: Path) -> tuple[CollectedRun, ...]:
    """Return the records kept in an experiment's folder, by name; a UserError names one that is damaged."""
    paths = sorted((folder / RECORDS).glob("*.json"))
    return tuple(CollectedRun(path, read_record(path)) for path in paths)


def keep(shown: Iterable[CollectedRun], folder: Path) -> Sequence[Path]:
    """Keep the records of the runs that are shown in an experiment's folder; returns the paths of all kept.

    None is dropped: a run that is kept and not shown here may be all that is left of it.
    """
    records = folder / RECORDS
    runs = {kept_path(folder, run.record.cell, run.record.config_hash): run for run in shown}
    with writable(records, "the checkout"):
        records.mkdir(parents=True, exist_ok=True)
        for path, run in runs.items():
            if run.folder != path:  # else it is a kept one, and stays as it is
                write_record(path, slim(run))
    return sorted(records.glob("*.json"))


def slim(run: CollectedRun) -> RunRecord:
    """Return the record with the run's history, less paths, loggers and the system's name; its hash stays."""
    record = run.record
    overrides = [override for override in record.overrides if not is_neutral(override.split("=")[0])]
    changed = {
        "config": _without_neutral(record.config),
        "overrides": overrides,
        "metrics_per_class": {
            name: {metric: float(f"{value:.5g}") for metric, value in values.items()}
            for name, values in record.metrics_per_class.items()
        },
        "curve": curve_text(run),
        "environment": {name: value for name, value in record.environment.items() if name != "platform"},
    }
    return record.model_copy(update=changed)


def _without_neutral(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    kept = {name: value for name, value in config.items() if not is_neutral(f"{prefix}{name}")}
    return {
        name: _without_neutral(value, f"{prefix}{name}.") if isinstance(value, Mapping) else value
        for name, value in kept.items()
    }
