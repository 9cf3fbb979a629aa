"""The studies of a page as CSV: one line a cell; empty where nothing ran."""

import csv
import io
from collections.abc import Mapping, Sequence

from lga.tables.experiments.csv_text import harmless
from lga.tables.statistics import Estimate
from lga.tables.studies.family import Family, Row
from lga.tables.studies.study import SCALE, SHARE, Study

STUDY_COLUMNS = (
    "study", "dataset", "network", "scale_of_network", "train_share", "attention", "label", "metric", "seeds",
    "scale", "mean", "low", "high", "gain", "gain_low", "gain_high", "p_adjusted", "effect",
    "found", "parameters", "gflops",
)  # fmt: skip


def studies_csv(studied: Mapping[Study, Sequence[Family]]) -> str:
    """The whole file; gains are over the study's reference."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(STUDY_COLUMNS)
    for study, found in studied.items():
        for family in found:
            for row in family.rows:
                cells = _cells(study, family, row)
                writer.writerow("" if cell is None else harmless(str(cell)) for cell in cells)
    return text.getvalue()


def _cells(study: Study, family: Family, row: Row) -> tuple[object, ...]:
    record = row.runs[0].record if row.runs else None
    gain = row.gain.difference if row.gain else None
    counts = (record.parameters, record.gflops) if record else (None, None)
    places = (study.name, family.dataset, family.network, family.axes.get(SCALE), family.axes.get(SHARE))
    names = (row.attention, row.label, row.metric, len(row.runs), family.scale if record else None)
    numbers = (*_numbers(row.ours), *_numbers(gain), row.p, row.gain.effect if row.gain else None)
    return (*places, *names, *numbers, row.word, *counts)


def _numbers(found: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if found is None else (found.mean, found.low, found.high)
