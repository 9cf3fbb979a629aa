"""The paper's published rows, as `experiments/published/published.csv` has them, typed and checked.

What the columns mean is told in the README beside that file.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal, TextIO

from pydantic import Field, TypeAdapter, ValidationError

from lga.system.errors import UserError

PUBLISHED = Path(__file__).resolve().parents[2] / "experiments" / "published" / "published.csv"

TableName = Literal["table1", "table2", "table3", "table4", "table5"]
Task = Literal["classification", "detection"]
Model = Literal["mobilenetv3", "resnet18", "yolov8n"]
Attention = Literal["none", "mhsa", "se", "eca", "cbam", "shuffle", "lga_local", "lga_global", "lga"]
Count = Annotated[int, Field(gt=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class PublishedRow:
    """One network on one dataset; metrics in percent, None where the task has no such metric."""

    tables: tuple[TableName, ...]
    task: Task
    dataset: str
    num_classes: Count
    model: Model
    attention: Attention
    map50: Percent | None
    map50_95: Percent | None
    top1: Percent | None
    top5: Percent | None
    parameters: Count
    gflops: Annotated[float, Field(gt=0)]
    optimizer: Literal["SGD", "Adam", "AdamW"]
    source: str
    note: str

    @property
    def cell(self) -> Cell:
        """Dataset, model and attention: what no other row has all of."""
        return self.dataset, self.model, self.attention


COLUMNS = tuple(field.name for field in fields(PublishedRow))
METRICS: dict[Task, tuple[str, str]] = {
    "classification": ("top1", "top5"),
    "detection": ("map50", "map50_95"),
}
_ROW = TypeAdapter(PublishedRow)


def load_published(path: Path = PUBLISHED) -> tuple[PublishedRow, ...]:
    """Return the rows in the file's order; what is wrong with it is a UserError with file and line."""
    rows: dict[Cell, PublishedRow] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for where, texts in _lines(file, path):
                row = _row(texts, where)
                if row.cell in rows:
                    raise UserError(f"{where}: a second row of {'/'.join(row.cell)}; remove one")
                rows[row.cell] = row
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; restore it from the repository") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not CSV in UTF-8 ({error}); restore it from the repository") from error
    return tuple(rows.values())


def _lines(file: TextIO, path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each line's place and its fields by column."""
    reader = csv.reader(file, strict=True)
    if tuple(next(reader, ())) != COLUMNS:
        raise UserError(f"{path}:1: the columns must be {','.join(COLUMNS)}")
    for line in reader:
        where = f"{path}:{reader.line_num}"
        if len(line) != len(COLUMNS):
            raise UserError(f"{where}: {len(line)} fields instead of {len(COLUMNS)}; quote one with a comma")
        yield where, dict(zip(COLUMNS, line, strict=True))


def _row(texts: Mapping[str, str], where: str) -> PublishedRow:
    """The typed row of a line's fields, of which an empty metric is None."""
    metrics = {name: texts[name] or None for names in METRICS.values() for name in names}
    try:
        row = _ROW.validate_python({**texts, **metrics, "tables": tuple(texts["tables"].split())})
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{where}: {first['loc'][0]}={first['input']!r}: {first['msg']}") from error
    if {name for name, value in metrics.items() if value is not None} != set(METRICS[row.task]):
        raise UserError(f"{where}: a row of {row.task} has {' and '.join(METRICS[row.task])}, and no others")
    return row
