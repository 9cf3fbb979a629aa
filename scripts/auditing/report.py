"""The audit as Markdown for people and JSON for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lga.results.audited import Finding
from lga.results.published import COLUMNS, PublishedRow
from lga.results.reports.markdown_tables import row_line
from lga.system.files import writable, write_text
from scripts.auditing.rows import IMAGE_SIZES, AuditedRow

HEADINGS = (
    "row",
    "tables",
    "dataset",
    "model",
    "attention",
    "parameters, published",
    "built",
    "GFLOPs, published",
    "paper's convention",
    "true",
    "status",
)
ALIGNMENTS = ("--:", ":--", ":--", ":--", ":--", "--:", "--:", "--:", "--:", "--:", ":--")
FINDINGS = (
    "# Findings",
    "",
    "What the paper, its spreadsheet and its code turn up, each measured on this repository's networks.",
    "",
)
CONVENTIONS = {
    "parameters": "all parameters of the network, frozen ones included",
    "gflops_paper": "thop's multiply-accumulates of a 1x3x32x32 image, times 2, times (640/32)^2, in 10^9; "
    "with LGA's softmaxes over energies, as the published 8.5 of YOLOv8n with `lga_global` has it "
    "(8.446 without)",
    "gflops": "PyTorch's counter on one image in evaluation, in 10^9 operations, "
    + ", ".join(f"{side}x{side} in {task}" for task, side in IMAGE_SIZES.items())
    + "; of the networks as this project runs them, the LGA block collapsed",
}


def summary(rows: Sequence[AuditedRow]) -> str:
    """Return one line: how many rows, and how many of each status."""
    found = _by_status(rows)
    return f"{len(rows)} rows: " + ", ".join(f"{number} {status}" for status, number in found.items())


def write_report(rows: Sequence[AuditedRow], findings: Sequence[Finding], folder: Path) -> tuple[Path, Path]:
    """Write `audit.md` and `audit.json` into `folder`, and return their paths."""
    pages = folder / "audit.md", folder / "audit.json"
    with writable(folder, "--out"):
        folder.mkdir(parents=True, exist_ok=True)
        write_text(pages[0], markdown(rows, findings))
        write_text(pages[1], json.dumps(as_json(rows, findings), indent=1, allow_nan=False) + "\n")
    return pages


def markdown(rows: Sequence[AuditedRow], findings: Sequence[Finding]) -> str:
    """Return the page: what is compared, one line a row, the rows that deviate, the summary, the findings."""
    lines = [
        "# Audit of the published counts",
        "",
        "The network that each published row names, built from this repository's configuration and counted.",
        "A row is equal when its parameters agree to the digit and its GFLOPs to the printed decimal.",
        "",
        f"- Parameters: {CONVENTIONS['parameters']}.",
        f"- GFLOPs in the paper's convention: {CONVENTIONS['gflops_paper']}.",
        f"- True GFLOPs: {CONVENTIONS['gflops']}.",
        "",
        row_line(HEADINGS),
        row_line(ALIGNMENTS),
        *(row_line((str(number), *_cells(row))) for number, row in enumerate(rows, start=1)),
        *_deviations(rows),
        "",
        summary(rows),
        "",
        *(FINDINGS if findings else ()),
        *(line for finding in findings for line in _finding(finding)),
    ]
    return "\n".join(lines) + "\n"


def as_json(rows: Sequence[AuditedRow], findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the audit as plain values, every row with the overrides that build its network."""
    return {
        "summary": {"rows": len(rows), **_by_status(rows)},
        "conventions": CONVENTIONS,
        "rows": [_row_as_json(row) for row in rows],
        "findings": [asdict(finding) for finding in findings],
    }


def _finding(finding: Finding) -> list[str]:
    return [
        f"## {finding.number}. {finding.title}",
        "",
        f"- *Published*: {finding.published}.",
        f"- *Measured*: {finding.measured}.",
        f"- *What it means for a reader*: {finding.meaning}.",
        *([] if finding.holds else ["- **The measurement does not bear this out.**"]),
        "",
    ]


def _by_status(rows: Sequence[AuditedRow]) -> dict[str, int]:
    found = Counter(row.status for row in rows)
    return {status: found[status] for status in ("equal", "explained", "unexplained")}


def _cells(row: AuditedRow) -> tuple[str, ...]:
    published, counts = row.published, row.counts
    status = f"explained: {row.explained.explanation.name}" if row.explained else row.status
    return (
        ", ".join(name.removeprefix("table") for name in published.tables),
        published.dataset,
        published.model,
        published.attention,
        published.parameters_text or f"{published.parameters:,}",
        f"{counts.parameters:,}",
        _gflops(published),
        f"{counts.gflops_paper:.3f}",
        f"{counts.gflops:.3f}",
        status,
    )


def _gflops(row: PublishedRow) -> str:
    return "-" if row.gflops is None else f"{row.gflops:.{2 if row.parameters_text else 1}f}"


def _deviations(rows: Sequence[AuditedRow]) -> list[str]:
    """Return a section on the rows that are not equal; nothing where all are."""
    deviating = [(number, row) for number, row in enumerate(rows, start=1) if not row.equal]
    if not deviating:
        return []
    return ["", "## Rows that deviate", "", *(_deviation(number, row) for number, row in deviating)]


def _deviation(number: int, row: AuditedRow) -> str:
    published, counts = row.published, row.counts
    difference = (published.parameters or 0) - counts.parameters
    message = (
        f"- Row {number}, {published.dataset}, {published.model}, {published.attention}: published "
        f"{published.parameters:,} ({difference:+,} to the network named) and {_gflops(published)} GFLOPs"
    )
    if row.explained is None:
        return f"{message}. Unexplained."
    explanation = row.explained.explanation
    gflops = "" if published.parameters_text else f" and {row.explained.counts.gflops_paper:.3f}"
    return (
        f"{message}. {explanation.name.capitalize()}: {explanation.text}. Built and counted so: "
        f"{row.explained.parameters:,}{gflops}."
    )


def _row_as_json(row: AuditedRow) -> dict[str, Any]:
    explained = row.explained
    return {
        "published": {name: getattr(row.published, name) for name in COLUMNS},
        "status": row.status,
        "overrides": row.network.overrides,
        "counts": asdict(row.counts),
        "explanation": explained
        and {
            "name": explained.explanation.name,
            "text": explained.explanation.text,
            "overrides": explained.network.overrides,
            "parameters": explained.parameters,
            "counts": asdict(explained.counts),
        },
    }
