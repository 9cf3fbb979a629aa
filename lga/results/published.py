"""Published rows, of the paper as `experiments/published/published.csv` has them, typed and checked.

The README beside that file explains the columns. Another paper's are a file of one's own, in which dataset,
model, attention and a task's first metric must be columns; docs/another_paper.md explains it.

Figure 1's curves are rows too, each at the epoch that the paper's toolchain keeps, the best by 0.1 mAP50 +
0.9 mAP50-95. The source prints no counts beside them: they are those of table 2's set with as many classes.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

from pydantic import Field, TypeAdapter, ValidationError

from lga.config.compose import nearest
from lga.system.errors import UserError
from lga.system.files import shipped

PUBLISHED = shipped("experiments") / "published" / "published.csv"

Task = Literal["classification", "detection"]
Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(gt=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class PublishedRow:
    """One network on one dataset; metrics in percent; None where the task has none, or none is published.

    Attributes:
        image_size: side in pixels of the images that the counts are of; None for the paper's convention.
        train_images, test_images: that it was trained and judged on.
        parameters_text: as printed, such as ``24.37M``.
        decimals: of the metrics; None for three significant digits, as the paper prints them.
    """

    tables: tuple[str, ...] = ()
    task: Task = "classification"
    dataset: Name = ""
    num_classes: Count | None = None
    model: Name = ""
    attention: Name = ""
    map50: Percent | None = None
    map50_95: Percent | None = None
    top1: Percent | None = None
    top5: Percent | None = None
    parameters: Count | None = None
    gflops: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    optimizer: Literal["SGD", "Adam", "AdamW", ""] = ""
    source: str = ""
    note: str = ""
    image_size: Count | None = None
    train_images: Count | None = None
    test_images: Count | None = None
    parameters_text: str = ""
    decimals: int | None = None

    @property
    def cell(self) -> Cell:
        """Dataset, model and attention: what no other row has all of."""
        return self.dataset, self.model, self.attention

    @property
    def metrics(self) -> tuple[str, ...]:
        """The published metrics, as records name them; verdicts are on the first."""
        return tuple(name for name in measured_metrics(self.task) if published_number(self, name) is not None)

    def count_of(self, parameters: int) -> str | None:
        """How a count gives the printed one: ``equal``, or by what it was divided; None if it does not."""
        found = _ROUNDED.fullmatch(self.parameters_text)
        if found is None:
            return "equal" if parameters == self.parameters else None
        decimals, power = len(found[1].partition(".")[2]), 1 + "KMG".index(found[2])
        for unit, match in (1000, "equal"), (1024, f'its "{found[2]}" is 2^{10 * power}'):
            if f"{parameters / unit**power:.{decimals}f}" == found[1]:
                return match
        return None


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
OWN_COLUMNS = tuple(field.name for field in fields(PublishedRow))[:-2]
COLUMNS = OWN_COLUMNS[:-3]  # the paper's
NEEDED = ("dataset", "model", "attention")
_COUNTS = ("num_classes", "parameters", "gflops", "optimizer")
METRICS: dict[Task, tuple[str, str]] = {
    "classification": ("top1", "top5"),
    "detection": ("map50", "map50_95"),
}
_TAKES = {
    **dict.fromkeys(NEEDED, "a name"),
    **dict.fromkeys([name for names in METRICS.values() for name in names], "a percentage, from 0 to 100"),
    "task": "classification or detection",
    "parameters": "a whole number from 1, or one such as 24.37M",
    "gflops": "a number above 0",
    "optimizer": "SGD, Adam or AdamW",
}  # other columns: counts
DETECTION_PROTOCOL = "paper"  # in front of a detector's metrics in records
_ROW = TypeAdapter(PublishedRow)
_ROUNDED = re.compile(r"(\d+(?:\.\d+)?)([KMG])")  # a count in thousands, millions or billions


def measured_metrics(task: Task) -> tuple[str, str]:
    """Return the two metrics that the paper prints for a task, as records name them, the judged one first."""
    prefix = f"{DETECTION_PROTOCOL}/" if task == "detection" else ""
    first, second = METRICS[task]
    return f"{prefix}{first}", f"{prefix}{second}"


def published_number(row: PublishedRow, metric: str) -> float | None:
    """Return the row's number of a metric, percent; `metric` as records name it."""
    number: float | None = getattr(row, metric.rsplit("/", 1)[-1])
    return number


def load_published(path: Path = PUBLISHED) -> tuple[PublishedRow, ...]:
    """Return the rows in the file's order; what is wrong with it is a UserError with file and line."""
    rows: dict[Cell, PublishedRow] = {}
    advice = "restore it from the repository" if path == PUBLISHED else "correct it"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for where, texts in _lines(file, path):
                row = _row(texts, where, path == PUBLISHED)
                if row.cell in rows:
                    raise UserError(f"{where}: a second row of {'/'.join(row.cell)}; remove one")
                rows[row.cell] = row
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {advice}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not CSV in UTF-8 ({error}); {advice}") from error
    if not rows:
        raise UserError(f"{path}: no rows; write one for each published number, or {advice}")
    return tuple(rows.values())


def _lines(file: TextIO, path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each line's place and its fields by column."""
    reader = csv.reader(file, strict=True)
    columns = tuple(next(reader, ()))
    if path == PUBLISHED and columns != COLUMNS:
        raise UserError(f"{path}:1: the columns must be {','.join(COLUMNS)}")
    for number, column in enumerate(columns):
        if column not in OWN_COLUMNS:
            raise UserError(f"{path}:1: {column}: no such column; {nearest(column, OWN_COLUMNS)}")
        if column in columns[:number]:
            raise UserError(f"{path}:1: two columns are called {column}; remove one")
    if missing := [each for each in NEEDED if each not in columns]:
        raise UserError(f"{path}:1: has no column {missing[0]}; it needs {','.join(NEEDED)} and a metric")
    for line in reader:
        where = f"{path}:{reader.line_num}"
        if len(line) != len(columns):
            raise UserError(f"{where}: {len(line)} fields instead of {len(columns)}; quote one with a comma")
        yield where, dict(zip(columns, line, strict=True))


def _row(texts: Mapping[str, str], where: str, of_paper: bool) -> PublishedRow:
    """Return the typed row of a line's fields; an empty one is left out, the paper's own are required."""
    needed = (*NEEDED, *_COUNTS) if of_paper else NEEDED
    given: dict[str, Any] = {name: text for name, text in texts.items() if text or name in needed}
    metrics = {name: given[name] for names in METRICS.values() for name in names if name in given}
    given.setdefault("task", "detection" if metrics.keys() & set(METRICS["detection"]) else "classification")
    given["tables"] = tuple(texts.get("tables", "").split())
    if not of_paper:
        given["decimals"] = max((len(text.partition(".")[2]) for text in metrics.values()), default=0)
        given["parameters_text"] = text = texts.get("parameters", "")
        if found := _ROUNDED.fullmatch(text):
            given["parameters"] = round(float(found[1]) * 1000 ** (1 + "KMG".index(found[2])))
    try:
        row = _ROW.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        column, takes = first["loc"][0], _TAKES.get(str(first["loc"][0]), "a whole number from 1")
        raise UserError(f"{where}: {column}={first['input']!r}: not {takes}") from error
    first_one, second = METRICS[row.task]
    if metrics.keys() != {first_one, second} and (of_paper or metrics.keys() != {first_one}):
        also = "and" if of_paper else "perhaps"
        raise UserError(f"{where}: a row of {row.task} has {first_one} {also} {second}, and no others")
    return row


FIGURE_SETS: Mapping[str, str] = {
    "coco2017": "coco_minitrain",
    "voc2007": "voc2012",
}  # and of as many classes
ATTENTIONS: Sequence[str] = ("none", "lga")
_MODEL = "mobilenetv3"


def figure_rows() -> tuple[PublishedRow, ...]:
    """Return a row for each curve; a UserError says what is wrong with a file."""
    table = {row.cell: row for row in load_published()}
    return tuple(
        _of_curve(dataset, table[same_classes, _MODEL, attention])
        for dataset, same_classes in FIGURE_SETS.items()
        for attention in ATTENTIONS
    )


def read_curves(dataset: str) -> dict[str, list[float]]:
    """Return the columns of a published figure: ``epoch``, from 1, and such as ``map50_lga`` in percent."""
    path = PUBLISHED.parent / f"curve_{dataset}_{_MODEL}.csv"
    names = [f"{metric}_{attention}" for metric in METRICS["detection"] for attention in ATTENTIONS]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            first, *others = csv.DictReader(file)
        return {name: [float(line[name]) for line in (first, *others)] for name in ("epoch", *names)}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a published curve ({error}); restore it from the repository") from error


def _of_curve(dataset: str, counts: PublishedRow) -> PublishedRow:
    """Return the row of the attention and of the counts of another one."""
    curves = read_curves(dataset)
    points = zip(
        curves["epoch"], *(curves[f"{m}_{counts.attention}"] for m in METRICS["detection"]), strict=True
    )
    epoch, map50, map50_95 = max(points, key=lambda point: 0.1 * point[1] + 0.9 * point[2])
    return replace(
        counts,
        tables=(),
        dataset=dataset,
        map50=map50,
        map50_95=map50_95,
        optimizer="SGD",
        source=f"curve_{dataset}_{_MODEL}.csv, epoch {epoch:.0f}",
        note=f"counts of {counts.dataset}'s row; optimizer not published",
    )
