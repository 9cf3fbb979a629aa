"""The run record, `result.json`: all that tables, pages and verdicts are made from.

Metrics are named `<protocol>/<metric>` where a task has several protocols, plainly where it has one;
accuracies and mean average precisions are in percent, durations in seconds, memory in bytes.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lga.structures import UserError
from lga.structures.files import write_text

SCHEMA_VERSION = 1
Scale = Literal["full", "reduced", "embedded", "smoke"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CellRecord(_Strict):
    """The cell's names and seed."""

    dataset: str
    backbone: str
    detector: str
    attention: str
    seed: int


class SelectionRecord(_Strict):
    """Which epoch's weights were judged, and how they were chosen (epochs count from 1)."""

    rule: str
    split: str
    epoch: int
    score: float


class DataRecord(_Strict):
    """What was read: a hash over the files' hashes, images per split, and what was left out and how often."""

    manifest_hash: str
    files: dict[str, str]
    counts: dict[str, int]
    dropped: dict[str, int] = {}


class RunRecord(_Strict):
    """One finished or failed run."""

    schema_version: int = SCHEMA_VERSION
    status: Literal["finished", "failed"]
    error: str | None = None
    cell: CellRecord
    config_hash: str
    config: dict[str, Any]
    overrides: list[str]
    group: str | None = None
    scale: Scale
    protocol: str
    monitor: str
    score: float | None = None
    metrics: dict[str, float] = {}
    metrics_per_class: dict[str, dict[str, float]] = {}
    selection: SelectionRecord | None = None
    data: DataRecord | None = None
    parameters: int | None = None
    trainable_parameters: int | None = None
    attention_parameters: int | None = None
    gflops_paper: float | None = None
    gflops: float | None = None
    epochs: int | None = None
    seconds: float
    peak_memory_bytes: int | None = None
    resumed: int = 0
    started: str
    ended: str
    code: dict[str, str | bool | None] = {}
    environment: dict[str, str | int | None] = {}


def write_record(path: Path, record: RunRecord) -> None:
    """Writes `record` as JSON, atomically."""
    write_text(path, json.dumps(record.model_dump(mode="json"), indent=1, allow_nan=False) + "\n")


def read_record(path: Path) -> RunRecord:
    """Reads and checks one `result.json`; raises UserError naming the first thing wrong with it."""
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise UserError(
            f"{path}: not a run record: {where}: {first['msg']}; remove it to run the cell again"
        ) from error


def manifest_hash(files: dict[str, str]) -> str:
    """One hash over file names and their hashes."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
