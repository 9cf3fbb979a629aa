"""Renders the run records below a folder as one self-contained HTML page."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from lga.structures import UserError
from lga.tables.collect import collect
from lga.tables.page import write_page


def main() -> int:
    """Reads the command line, writes the page, says where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=Path, default=Path("outputs/runs"), help="folder searched for result.json"
    )
    parser.add_argument("--out", type=Path, default=Path("outputs/dashboard.html"), help="the page")
    arguments = parser.parse_args()
    try:
        collection = collect(arguments.runs)
        write_page(collection, arguments.out, datetime.now(UTC))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    for problem in collection.problems:
        print(f"left out: {problem.path}: {problem.reason}", file=sys.stderr)
    print(f"{arguments.out}: {len(collection.runs)} runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
