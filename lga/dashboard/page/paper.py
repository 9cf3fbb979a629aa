"""The paper's tables and figure as JSON-ready values: published beside ours, judged, with the claims.

Everything is taken from judged tables and the audit; nothing is judged here.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lga.results.audited import Audit
from lga.results.experiments import FOLDER
from lga.results.families import Number, Results, Row
from lga.results.labels import label, name_of
from lga.results.published import ATTENTIONS, FIGURE_SETS, METRICS, PublishedRow, read_curves
from lga.results.verdicts import Verdict

DETECTOR = "yolov8"  # of all published detectors, whatever their backbone
Positions = Mapping[int, int] | Mapping[int, str]  # or the names of records


def paper(tables: Sequence[Mapping[str, Any]], page_folder: Path) -> dict[str, Any] | None:
    """All tables, and figure 1's curves; None where there are none. Links lead from `page_folder`."""
    if not tables:
        return None
    return {
        "tables": [{**table, "assumptions": _assumptions(table["name"], page_folder)} for table in tables],
        "curves": [_published_curves(dataset) for dataset in FIGURE_SETS],
    }


def _assumptions(name: str, page_folder: Path) -> str | None:
    path = FOLDER / name / "assumptions.md"
    return quote(Path(os.path.relpath(path, page_folder)).as_posix()) if path.is_file() else None


def table_json(table: Results, audit: Audit | None, position: Positions) -> dict[str, Any]:
    """Return a judged table; `position` is each run's place on the page by its id."""
    return {
        "name": table.experiment.name,
        "heading": table.experiment.title,
        "metrics": [label(metric) for metric in table.experiment.metrics],
        "ran": table.ran,
        "scales": table.scales,
        "verdicts": {str(word): number for word, number in table.verdicts.items()},
        "rows": [
            _row(row.published, row, audit, position)
            for family in table.families
            for row in family.rows
            if row.published
        ],
        "mixtures": [f"{family.place}: {family.mixture}" for family in table.families if family.mixture],
        "others": [{"run": position[id(o.run)], "difference": o.difference} for o in table.others],
    }


def _row(published: PublishedRow, row: Row, audit: Audit | None, position: Positions) -> dict[str, Any]:
    model, claim = name_of(published.model), row.claim
    return {
        "dataset": published.dataset,
        "network": f"{published.model} + {DETECTOR}" if published.task == "detection" else published.model,
        "attention": published.attention,
        "title": f"{name_of(published.dataset)}, {model}",
        "model": model,
        "optimizer": published.optimizer if published.tables else None,  # of the curves it is not published
        "source": published.source,
        "note": published.note,
        "scale": row.scale,
        "runs": [position[id(run)] for run in row.runs],
        "numbers": [_number(number) for number in row.numbers if number.verdict],
        "gain": {"published": claim.published, **_verdict(claim.verdict)} if claim else None,
        "sentence": claim.sentence if claim else None,
        **_counts(published, row, audit),
    }


def _number(number: Number) -> dict[str, Any]:
    digits = {} if number.decimals is None else {"digits": number.decimals}
    return {"published": number.published, **digits, **(_verdict(number.verdict) if number.verdict else {})}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "word": str(verdict.word),
        "reason": verdict.reason,
        "ours": asdict(verdict.ours) if verdict.ours else None,
        "p": verdict.p,
    }


def _counts(published: PublishedRow, row: Row, audit: Audit | None) -> dict[str, Any]:
    """Return published and built counts: the runs' own, or the audit's where none ran."""
    built, note = None, row.counts
    if row.runs:
        record = row.runs[0].record
        built = {"parameters": record.parameters, "gflops": record.gflops_paper}
    elif audit and (audited := audit.of(published)):
        built = {"parameters": audited.counts.parameters, "gflops": audited.counts.gflops_paper}
        explained = audited.explanation
        note = f"{audited.status}: {explained.name}" if explained else audited.status
    counts = {"parameters": published.parameters, "gflops": published.gflops}
    return {"published": counts, "built": built, "counts": note}


def _published_curves(dataset: str) -> dict[str, Any]:
    curves = read_curves(dataset)
    metrics = {
        metric: {name: curves[f"{metric}_{name}"] for name in ATTENTIONS} for metric in METRICS["detection"]
    }
    return {"dataset": dataset, "epochs": curves["epoch"], "metrics": metrics}
