"""Prints the comparison of the run records below a folder as tables."""

import argparse
import sys
from pathlib import Path

from lga.results.collect import collect
from lga.results.reports.terminal import show
from lga.system.errors import in_one_line
from lga.system.files import outputs


@in_one_line
def main() -> int:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=outputs("runs"), help="folder searched for result.json")
    arguments = parser.parse_args()
    show(collect(arguments.runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
