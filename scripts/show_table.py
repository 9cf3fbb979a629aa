"""Prints the comparison of the run records below a folder as tables."""

import argparse
import sys
from pathlib import Path

from lga.results.collect import collect
from lga.results.reports.terminal import show
from lga.system.errors import UserError
from lga.system.files import outputs


def main() -> int:
    """Reads the command line and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=outputs("runs"), help="folder searched for result.json")
    arguments = parser.parse_args()
    try:
        show(collect(arguments.runs))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
