"""The paper's published rows, as `experiments/published/published.csv` has them, typed and checked.

Figure 1's curves are rows too, each at the epoch that the paper's toolchain keeps, the best by 0.1 mAP50 +
0.9 mAP50-95. The source prints no counts beside them: they are those of table 2's set with as many classes.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal, TextIO

from pydantic import Field, TypeAdapter, ValidationError

from lga.system.errors import UserError
from lga.system.files import shipped

PUBLISHED = shipped("experiments") / "published" / "published.csv"

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


# Images of the published sets, trained on and judged on, as the paper's toolchain splits them. DOTA's are
# tiles of 1024 pixels: how many there are depends on the tiling.
PUBLISHED_IMAGES: Mapping[str, tuple[int, int]] = {
    "mnist": (60_000, 10_000),
    "fashion_mnist": (60_000, 10_000),
    "visdrone": (6_471, 548),
    "voc2012": (5_717, 5_823),
    "voc2007": (5_011, 4_952),
    "coco_minitrain": (25_000, 5_000),
    "coco2017": (118_287, 5_000),
    "dota": (15_749, 5_297),
    "gwhd": (3_422, 748),
    "tinyperson": (746, 786),
}
COLUMNS = tuple(field.name for field in fields(PublishedRow))
METRICS: dict[Task, tuple[str, str]] = {
    "classification": ("top1", "top5"),
    "detection": ("map50", "map50_95"),
}
DETECTION_PROTOCOL = "paper"  # in front of a detector's metrics in records
_ROW = TypeAdapter(PublishedRow)


def measured_metrics(task: Task) -> tuple[str, str]:
    """The two metrics that the paper prints for a task, as records name them; verdicts are on the first."""
    prefix = f"{DETECTION_PROTOCOL}/" if task == "detection" else ""
    first, second = METRICS[task]
    return f"{prefix}{first}", f"{prefix}{second}"


def published_number(row: PublishedRow, metric: str) -> float:
    """The row's number of a metric, percent; `metric` as records name it."""
    return float(getattr(row, metric.rsplit("/", 1)[-1]))


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
    """The typed row of a line's fields; an empty metric is None."""
    metrics = {name: texts[name] or None for names in METRICS.values() for name in names}
    try:
        row = _ROW.validate_python({**texts, **metrics, "tables": tuple(texts["tables"].split())})
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{where}: {first['loc'][0]}={first['input']!r}: {first['msg']}") from error
    if {name for name, value in metrics.items() if value is not None} != set(METRICS[row.task]):
        raise UserError(f"{where}: a row of {row.task} has {' and '.join(METRICS[row.task])}, and no others")
    return row


FIGURE_SETS: Mapping[str, str] = {
    "coco2017": "coco_minitrain",
    "voc2007": "voc2012",
}  # and of as many classes
ATTENTIONS: Sequence[Attention] = ("none", "lga")
_MODEL: Model = "mobilenetv3"


def figure_rows() -> tuple[PublishedRow, ...]:
    """A row for each curve; a UserError says what is wrong with a file."""
    table = {row.cell: row for row in load_published()}
    return tuple(
        _counted_row(dataset, attention, table[same_classes, _MODEL, attention])
        for dataset, same_classes in FIGURE_SETS.items()
        for attention in ATTENTIONS
    )


def read_curves(dataset: str) -> dict[str, list[float]]:
    """The columns of a published figure: ``epoch``, from 1, and such as ``map50_lga`` in percent."""
    path = PUBLISHED.parent / f"curve_{dataset}_{_MODEL}.csv"
    names = [f"{metric}_{attention}" for metric in METRICS["detection"] for attention in ATTENTIONS]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            first, *others = csv.DictReader(file)
        return {name: [float(line[name]) for line in (first, *others)] for name in ("epoch", *names)}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a published curve ({error}); restore it from the repository") from error


def _counted_row(dataset: str, attention: Attention, counts: PublishedRow) -> PublishedRow:
    curves = read_curves(dataset)
    points = zip(curves["epoch"], *(curves[f"{m}_{attention}"] for m in METRICS["detection"]), strict=True)
    epoch, map50, map50_95 = max(points, key=lambda point: 0.1 * point[1] + 0.9 * point[2])
    return PublishedRow(
        tables=(),
        task="detection",
        dataset=dataset,
        num_classes=counts.num_classes,
        model=_MODEL,
        attention=attention,
        map50=map50,
        map50_95=map50_95,
        top1=None,
        top5=None,
        parameters=counts.parameters,
        gflops=counts.gflops,
        optimizer="SGD",
        source=f"curve_{dataset}_{_MODEL}.csv, epoch {epoch:.0f}",
        note=f"counts of {counts.dataset}'s row; optimizer not published",
    )
