"""Renders the paper's tables and the run records below a folder as one self-contained HTML page."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from lga.structures import UserError
from lga.tables.collect import collect
from lga.tables.experiments.experiment import EXPERIMENTS
from lga.tables.experiments.judged_table import judge
from lga.tables.page import write_page
from lga.tables.page.audited import read_audit


def main() -> int:
    """Reads the command line, writes the page, says where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=Path, default=Path("outputs/runs"), help="folder searched for result.json"
    )
    parser.add_argument(
        "--audit", type=Path, default=Path("outputs/audit.json"), help="what make audit wrote, if it ran"
    )
    parser.add_argument("--out", type=Path, default=Path("outputs/dashboard.html"), help="the page")
    arguments = parser.parse_args()
    try:
        collection = collect(arguments.runs)
        tables = [judge(experiment, collection.runs) for experiment in EXPERIMENTS]
        write_page(collection, arguments.out, datetime.now(UTC), tables, read_audit(arguments.audit))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    for problem in collection.problems:
        print(f"left out: {problem.path}: {problem.reason}", file=sys.stderr)
    print(f"{arguments.out}: {len(collection.runs)} runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
