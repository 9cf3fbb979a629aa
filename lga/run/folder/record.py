"""The run record, `result.json`: all that tables, pages and verdicts are made from.

Metrics are named `<protocol>/<metric>` where a task has several protocols, plainly where it has one;
accuracies and mean average precisions are in percent, durations in seconds, memory in bytes.

The file ends with `digest`, a hash of all the rest: a digit that a disk or an editor changed would still be a
number. Records from before it had one are read without.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lga.config.schema import Config
from lga.config.values import fault
from lga.system.digests import digest
from lga.system.errors import DamagedFileError, UserError
from lga.system.files import read_regular, write_text
from lga.system.secrets import hide_secrets
from lga.system.terminal_text import first_line

SCHEMA_VERSION = 1
DIGEST = "digest"
MOST_METRICS = 10_000
MOST_BYTES = 16 * 2**20
_ADVICE = "remove it to run the cell again"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Measure = Annotated[float, Field(ge=-1e15, le=1e15)]  # that can be averaged
Measures = Annotated[dict[str, Measure], Field(max_length=MOST_METRICS)]


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


class OtherEpochRecord(_Strict):
    """What the other rule would have chosen, of a classification: `last`, or `best` by the same monitor."""

    rule: str
    epoch: int
    metrics: Measures


class DataRecord(_Strict):
    """What was read: a hash over the files' hashes, images per split, and what was left out and how often."""

    manifest_hash: str
    files: dict[str, str]
    counts: dict[str, int]
    dropped: dict[str, int] = {}


class OutcomesRecord(_Strict):
    """The file in the run's folder that says what became of each image of the test split, in its order.

    `right` is of classification: a bit an image, the first one the highest of the first byte, in base64.
    """

    file: str
    sha256: str
    images: int
    right: str | None = None


class AlarmRecord(_Strict):
    """A sign of failure in a block, with the epochs that it was first and last seen after."""

    block: str
    sign: str
    first: int
    last: int
    seen: str
    meaning: str


class InstrumentsRecord(_Strict):
    """What a run with instruments saw: each block's numbers after the last epoch, and all alarms.

    A block's numbers are by name, such as `gradient/global 11x11/q`; `instruments.json` has them by epoch.
    """

    every: int
    images: int
    epochs: int
    blocks: dict[str, dict[str, float | None]] = {}
    alarms: list[AlarmRecord] = []


class RunRecord(_Strict):
    """One finished or failed run."""

    schema_version: int = SCHEMA_VERSION
    status: Literal["finished", "failed"]
    error: str | None = None
    cell: CellRecord
    config_hash: str = Field(pattern="^[0-9a-f]{64}$")  # part of file names
    config: dict[str, Any]
    overrides: list[str]
    group: str | None = None
    protocol: str
    monitor: str
    score: Measure | None = None
    metrics: Measures = {}
    metrics_per_class: Annotated[dict[str, Measures], Field(max_length=MOST_METRICS)] = {}
    curve: str | None = None  # of a kept record: what its metrics.csv holds, less the learning rates
    selection: SelectionRecord | None = None
    other_epoch: OtherEpochRecord | None = None
    outcomes: OutcomesRecord | None = None
    data: DataRecord | None = None
    parameters: int | None = None
    trainable_parameters: int | None = None
    attention_parameters: int | None = None
    attention_heads: list[int] | None = None
    gflops_paper: Measure | None = None
    gflops: Measure | None = None
    epochs: int | None = None
    seconds: Measure
    peak_memory_bytes: int | None = None
    resumed: int = 0
    instruments: InstrumentsRecord | None = None
    started: str
    ended: str
    code: dict[str, str | bool | None] = {}
    environment: dict[str, str | int | None] = {}

    @field_validator("config")
    @classmethod
    def _fits_the_schema(cls, config: dict[str, Any]) -> dict[str, Any]:
        if wrong := fault(config, Config):
            raise ValueError(wrong)
        return config

    @model_validator(mode="before")
    @classmethod
    def _forget_scale(cls, content: Any) -> Any:
        """Earlier records said what they stand for; it is derived, see `lga.results.scales`."""
        return {key: value for key, value in content.items() if key != "scale"}


def write_record(path: Path, record: RunRecord) -> None:
    """Write `record` as JSON, atomically, without secrets."""
    content = hide_secrets(record.model_dump(mode="json"))
    content[DIGEST] = digest(content)
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def read_record(path: Path) -> RunRecord:
    """Read and check one `result.json`.

    Raises:
        DamagedFileError: it is not as it was written, or no record; names the first thing wrong with it.
        UserError: it is as it was written, by a version whose records are others.
    """
    text = read_regular(path, MOST_BYTES)
    try:
        content = dict(json.loads(text))  # names of files that are no UTF-8 are in it, which JSON has not
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedFileError(f"{path}: not a run record: {first_line(error)}; {_ADVICE}") from error
    written = content.pop(DIGEST, None)
    if written is not None and written != digest(content):
        raise DamagedFileError(f"{path}: not a run record: its digest does not fit its content; {_ADVICE}")
    try:
        return RunRecord.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        kind = DamagedFileError if written is None else UserError
        raise kind(f"{path}: not a run record: {where}: {first['msg']}; {_ADVICE}") from error
