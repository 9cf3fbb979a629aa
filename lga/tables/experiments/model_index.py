"""What ran, in the model-index format of Hugging Face's model cards; an empty list where nothing did.

https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from collections.abc import Iterable
from typing import Any

import yaml

from lga.tables.claims import LABELS
from lga.tables.experiments.judged_table import JudgedCell, JudgedNumber, JudgedTable

_TASKS = {"classification": "image-classification", "detection": "object-detection"}


def model_index(tables: Iterable[JudgedTable]) -> str:
    """The file of all tables; a cell that stands in two of them is listed once."""
    ran = {cell.row.cell: cell for table in tables for cell in table.cells if cell.runs}
    index = {"model-index": [_model(cell) for cell in ran.values()]}
    return yaml.safe_dump(index, sort_keys=False, allow_unicode=True, width=110)


def _model(cell: JudgedCell) -> dict[str, Any]:
    row = cell.row
    split = cell.runs[0].record.config["dataset"].get("splits") or "official"
    result = {
        "task": {"type": _TASKS[row.task]},
        "dataset": {"name": LABELS[row.dataset], "type": row.dataset, "args": {"splits": split}},
        "metrics": [_metric(cell, number) for number in cell.numbers if number.values],
    }
    return {"name": "-".join((row.model, row.attention, row.dataset)), "results": [result]}


def _metric(cell: JudgedCell, number: JudgedNumber) -> dict[str, Any]:
    mean = sum(number.values.values()) / len(number.values)
    told = {"scale": cell.scale, "seeds": sorted(number.values), "published": number.published}
    return {
        "type": number.metric,
        "name": f"{LABELS[number.metric]}, percent, mean over seeds",
        "value": round(mean, 4),
        "args": {**told, "verdict": str(number.verdict.word)},
    }
