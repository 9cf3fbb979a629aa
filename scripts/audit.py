"""Builds and counts the network of every published row, and measures the findings.

Exit status 0 only if every row is equal or explained, and every finding is borne out.
"""

import argparse
import sys
from pathlib import Path

from lga.results.experiments import chosen_pages
from lga.results.published import load_published
from lga.system.errors import UserError
from lga.system.files import outputs
from scripts.auditing.findings import measure_findings
from scripts.auditing.report import markdown, summary, write_report
from scripts.auditing.rows import AuditedRow, audit


def main() -> int:
    """Reads the command line, prints and writes the audit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", nargs="?", help="of another paper, in a folder of LGA_CONFIG_DIR")
    parser.add_argument("--out", type=Path, default=outputs(), help="folder of audit.md and audit.json")
    arguments = parser.parse_args()
    try:
        rows = _audited(arguments.experiment)
        findings = [] if arguments.experiment else measure_findings(rows)
        pages = write_report(rows, findings, arguments.out / (arguments.experiment or ""))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(markdown(rows, findings))
    borne_out = sum(finding.holds for finding in findings)
    told = f"{len(findings)} findings, {borne_out} borne out by measurement"
    print(f"{' and '.join(map(str, pages))}: {summary(rows)}; {told}")
    return 1 if borne_out < len(findings) or any(row.status == "unexplained" for row in rows) else 0


def _audited(experiment: str | None) -> tuple[AuditedRow, ...]:
    if experiment is None:
        return audit(load_published())
    ((_, (found, *_)),) = chosen_pages(experiment).items()
    return audit([row for row in found.rows if row.parameters], experiment)


if __name__ == "__main__":
    sys.exit(main())
