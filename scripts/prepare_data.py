"""Brings a data set, fetched or from a folder, to where its reader looks; says how to get those not free."""

import argparse
import os
import sys
from pathlib import Path

from lga.data.preparation.catalogue import CATALOGUE, ArchivedSet, GatedSet, PreparedSet
from lga.data.preparation.prepare import prepare
from lga.system.errors import UserError


def main() -> int:
    """Read the command line, fetch, print how to look at the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", choices=CATALOGUE, metavar="NAME", help="of a set, see --list")
    data_dir = Path(os.environ.get("LGA_DATA_DIR", "data"))
    parser.add_argument("--data-dir", type=Path, default=data_dir, help="folder of all sets")
    parser.add_argument("--list", action="store_true", help="all sets, their sizes and terms")
    parser.add_argument("--keep-archives", action="store_true", help="leave them in <data-dir>/downloads")
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="DIR", help="has the files: fetch nothing"
    )
    arguments = parser.parse_args()
    if arguments.list or arguments.name is None:
        print("\n".join(f"{name:16}{_summary(chosen)}" for name, chosen in CATALOGUE.items()))
        return 0
    try:
        return _prepare(CATALOGUE[arguments.name], arguments)
    except UserError as error:
        print(f"error: {arguments.name}: {error}", file=sys.stderr)
        return 2


def _prepare(chosen: PreparedSet, arguments: argparse.Namespace) -> int:
    data_dir, source = arguments.data_dir, arguments.source
    if isinstance(chosen, GatedSet):
        print(chosen.instructions.format(data_dir=data_dir), file=sys.stderr)
    elif isinstance(chosen, ArchivedSet):
        prepare(chosen, data_dir, print, keep_archives=arguments.keep_archives, source=source)
    else:
        reader = chosen.reader(data_dir, download=source is None)
        if source:
            reader.take(source)
        print(f"{reader.raw_dir}: there and whole, {reader().counts}")
    print(f"then: python run.py mode=inspect {chosen.overrides} paths.data_dir={data_dir}")
    return 1 if isinstance(chosen, GatedSet) else 0


def _summary(chosen: PreparedSet) -> str:
    if isinstance(chosen, GatedSet):
        return "not free to be fetched: its name as the argument says how to get it"
    if not isinstance(chosen, ArchivedSet):
        return f"{'small':20}{chosen.terms}"
    sizes = [file.planned_bytes for file in chosen.files]
    more = "" if all(sizes) else " and more"
    size = f"{sum(sizes) / 1e9:.1f} GB{more}" if any(sizes) else "size not published"
    return f"{size:20}{chosen.terms}"


if __name__ == "__main__":
    sys.exit(main())
