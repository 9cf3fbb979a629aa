"""Figure 1 as rows: each published training curve at the epoch that the paper's toolchain would keep.

A run is judged at its best epoch by 0.1 mAP50 + 0.9 mAP50-95, so a curve is read at that epoch too. The
source prints no counts beside the curves: they are those of table 2's set with as many classes.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from lga.system.errors import UserError
from lga.tables.published import PUBLISHED, Attention, Model, PublishedRow, load_published

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


def best_epoch(path: Path, attention: str) -> tuple[int, float, float]:
    """The epoch of best fitness, from 1, with its mAP50 and mAP50-95 in percent."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            points = [
                (int(line["epoch"]), float(line[f"map50_{attention}"]), float(line[f"map50_95_{attention}"]))
                for line in csv.DictReader(file)
            ]
        return max(points, key=lambda point: 0.1 * point[1] + 0.9 * point[2])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a published curve ({error}); restore it from the repository") from error


def _counted_row(dataset: str, attention: Attention, counts: PublishedRow) -> PublishedRow:
    path = PUBLISHED.parent / f"curve_{dataset}_{_MODEL}.csv"
    epoch, map50, map50_95 = best_epoch(path, attention)
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
        source=f"{path.name}, epoch {epoch}",
        note=f"counts of {counts.dataset}'s row; optimizer not published",
    )
