"""The paper's tables and figure as JSON-ready values: published beside ours, judged, with the claims.

Everything is taken from judged tables and the audit; nothing is judged here.
"""

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lga.results.audited import Audit
from lga.results.claims import LABELS, Claim
from lga.results.published import ATTENTIONS, FIGURE_SETS, PUBLISHED
from lga.results.statistics import Estimate
from lga.results.verdicts import Verdict
from lga.system.errors import UserError

if TYPE_CHECKING:  # judging loads torch, which a page of runs alone does not need
    from lga.results.judged_table import JudgedCell, JudgedTable

FIGURE = "figure1"
DETECTOR = "yolov8"  # of all published detectors, whatever their backbone
CURVE_METRICS = ("map50", "map50_95")
Positions = Mapping[int, int]


def paper(
    tables: "Sequence[JudgedTable]", audit: Audit | None, position: Positions, page_folder: Path
) -> dict[str, Any] | None:
    """All tables, and figure 1's curves; None where there are none.

    `position` is each run's place on the page by its id; links lead from `page_folder`.
    """
    if not tables:
        return None
    return {
        "tables": [_table(table, audit, position, page_folder) for table in tables],
        "curves": [_published_curves(dataset) for dataset in FIGURE_SETS],
    }


def _table(
    table: "JudgedTable", audit: Audit | None, position: Positions, page_folder: Path
) -> dict[str, Any]:
    gains = {claim.row.cell: claim for claim in table.claims}
    assumptions = table.experiment.folder / "assumptions.md"
    link = (
        quote(Path(os.path.relpath(assumptions, page_folder)).as_posix()) if assumptions.is_file() else None
    )
    return {
        "name": table.experiment.name,
        "heading": table.experiment.heading,
        "metrics": [LABELS[metric] for metric in table.experiment.metrics],
        "ran": table.ran,
        "scales": table.scales,
        "verdicts": {str(word): number for word, number in table.verdicts.items()},
        "assumptions": link,
        "rows": [_row(cell, gains.get(cell.row.cell), audit, position) for cell in table.cells],
        "others": [{"run": position[id(o.run)], "difference": o.difference} for o in table.others],
    }


def _row(cell: "JudgedCell", claim: Claim | None, audit: Audit | None, position: Positions) -> dict[str, Any]:
    row = cell.row
    return {
        "dataset": row.dataset,
        "network": f"{row.model} + {DETECTOR}" if row.task == "detection" else row.model,
        "attention": row.attention,
        "title": f"{LABELS[row.dataset]}, {LABELS[row.model]}",
        "model": LABELS[row.model],
        "optimizer": row.optimizer if row.tables else None,  # of the curves it is not published
        "source": row.source,
        "note": row.note,
        "scale": cell.scale,
        "runs": [position[id(run)] for run in cell.runs],
        "numbers": [{"published": n.published, **_verdict(n.verdict)} for n in cell.numbers],
        "gain": {"published": claim.published, **_verdict(claim.verdict)} if claim else None,
        "sentence": claim.sentence if claim else None,
        **_counts(cell, audit),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "word": str(verdict.word),
        "reason": verdict.reason,
        "ours": estimate_json(verdict.ours) if verdict.ours else None,
        "p": verdict.p,
        "effect": verdict.effect,
    }


def estimate_json(estimate: Estimate) -> dict[str, Any]:
    """Mean, interval and number of seeds."""
    return dict(zip(("n", "mean", "low", "high"), astuple(estimate), strict=True))


def _counts(cell: "JudgedCell", audit: Audit | None) -> dict[str, Any]:
    """Published and built counts; built are those of the runs, and where none ran those of the audit."""
    row, built, note = cell.row, None, cell.counts
    if cell.runs:
        record = cell.runs[0].record
        built = {"parameters": record.parameters, "gflops": record.gflops_paper}
    elif audit and (audited := audit.of(row)):
        built = {"parameters": audited.counts.parameters, "gflops": audited.counts.gflops_paper}
        explained = audited.explanation
        note = f"{audited.status}: {explained.name}" if explained else audited.status
    published = {"parameters": row.parameters, "gflops": row.gflops}
    return {"published": published, "built": built, "counts": note}


def _published_curves(dataset: str) -> dict[str, Any]:
    path = PUBLISHED.parent / f"curve_{dataset}_mobilenetv3.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        return {
            "dataset": dataset,
            "epochs": [int(line["epoch"]) for line in lines],
            "metrics": {
                metric: {name: [float(line[f"{metric}_{name}"]) for line in lines] for name in ATTENTIONS}
                for metric in CURVE_METRICS
            },
        }
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a published curve ({error}); restore it from the repository") from error
