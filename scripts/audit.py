"""Builds and counts the network of every published row, and measures the findings.

Exit status 0 only if every row is equal or explained, and every finding is borne out.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lga.config.compose import config_dirs
from lga.results.experiments import chosen_pages
from lga.results.published import PublishedRow, load_published
from lga.system.errors import UserError, in_one_line
from lga.system.files import outputs


@in_one_line
def main() -> int:
    """Read the command line; print and write the audit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", nargs="?", help="of another paper, in a folder of LGA_CONFIG_DIR")
    parser.add_argument("--out", type=Path, default=outputs(), help="folder of audit.md and audit.json")
    arguments = parser.parse_args()
    published = _published(arguments.experiment)
    from scripts.auditing.findings import measure_findings
    from scripts.auditing.report import markdown, summary, write_report
    from scripts.auditing.rows import audit  # torch, which a mistake need not wait for

    rows = audit(published, arguments.experiment or "")
    findings = [] if arguments.experiment else measure_findings(rows)
    pages = write_report(rows, findings, arguments.out / (arguments.experiment or ""))
    print(markdown(rows, findings))
    borne_out = sum(finding.holds for finding in findings)
    findings_text = f"; {len(findings)} findings, {borne_out} borne out by measurement" if findings else ""
    print(f"{' and '.join(map(str, pages))}: {summary(rows)}{findings_text}")
    return 1 if borne_out < len(findings) or any(row.status == "unexplained" for row in rows) else 0


def _published(experiment: str | None) -> Sequence[PublishedRow]:
    config_dirs()  # one that is not there is reported before anything is built
    if experiment is None:
        return load_published()
    for one in (one for experiments in chosen_pages(experiment).values() for one in experiments):
        if one.published_rows:
            return one.rows
    raise UserError(f"{experiment}: names no published_rows; leave it out to audit this paper's rows")


if __name__ == "__main__":
    sys.exit(main())
