"""Finished runs made from the configs that a study's sweep composes."""

from pathlib import Path

from lga.results.collect import CollectedRun
from lga.run.folder.record import CellRecord, DataRecord
from tests.results.made_records import made_record


def made_run(run, map50, scale="embedded", **fields):
    """A finished run of a composed config."""
    cell = run.cell
    names = {name: getattr(cell, name) for name in ("dataset", "backbone", "detector", "attention", "seed")}
    values = {
        "cell": CellRecord(**names),
        "config": dict(run.config),
        "config_hash": run.config_hash,
        "protocol": "detection",
        "monitor": "val/paper/map50",
        "metrics": {"paper/map50": map50},
        "data": DataRecord(manifest_hash="0" * 64, files={}, counts={"train": 1000, "val": 200, "test": 200}),
        "parameters": 900_000,
    }
    return CollectedRun(Path("run"), made_record(scale=scale, **{**values, **fields}))
