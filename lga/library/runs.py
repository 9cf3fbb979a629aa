"""Runs at hand and published rows as tables; `lga runs list|diff|rm|export` on the command line."""

import argparse
import csv
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lga.library.frames import frame
from lga.results.collect import CollectedRun, collect
from lga.results.experiments import judged_experiments
from lga.results.published import COLUMNS, load_published
from lga.results.settings import flatten
from lga.system.errors import UserError
from lga.system.files import outputs
from lga.system.locks import alone
from lga.system.terminal_text import numbered, printable

SHORTEST_HASH = 4
SHOWN = ("dataset", "network", "attention", "seed", "scale", "status", "score", "hash")


class Runs(tuple[CollectedRun, ...]):
    """Runs; each has `folder`, `score` and `record`."""

    __slots__ = ()

    def rows(self) -> list[dict[str, Any]]:
        """Return what there is of each run, its metrics by their names in the record."""
        return [_row(run) for run in self]

    def frame(self) -> Any:
        """Return a row for each run: a DataFrame, or a list of dicts without pandas."""
        return frame(self.rows())

    def chosen(self, name: str) -> CollectedRun:
        """Return the run of that folder, or whose hash begins so; UserError unless there is exactly one."""
        found = [run for run in self if run.folder == Path(name)] or [
            run for run in self if len(name) >= SHORTEST_HASH and run.record.config_hash.startswith(name)
        ]
        if len(found) != 1:
            what = "no such run" if not found else f"{len(found)} runs begin so: name the folder"
            raise UserError(f"{name}: {what}; `lga runs list` shows folders' hashes")
        return found[0]


def runs(folder: str | Path | None = None) -> Runs:
    """Return the runs below a folder, by default `outputs/runs`; a record that cannot be read is left out."""
    return Runs(collect(Path(folder) if folder else outputs("runs")).runs)


def published(table: str = "all") -> Any:
    """Return the published rows of `table1` to `table5`, `figure1` or `all` tables, as `Runs.frame` does.

    Those of another paper have the name of their experiment, see docs/another_paper.md.
    """
    judged = {one.name: one for one in judged_experiments()}
    if table not in ("all", *judged):
        raise UserError(f"{table}: no published table; valid: all, {', '.join(judged)}")
    rows = load_published() if table == "all" else judged[table].rows
    return frame([{name: getattr(row, name) for name in COLUMNS} for row in rows])


def _row(run: CollectedRun) -> dict[str, Any]:
    record = run.record
    return {
        "dataset": record.cell.dataset, "network": run.network, "attention": record.cell.attention,
        "seed": record.cell.seed, "scale": run.scale, "status": record.status, "score": record.score,
        **record.metrics, "parameters": record.parameters, "gflops": record.gflops, "epochs": record.epochs,
        "seconds": record.seconds, "hash": record.config_hash[:8], "folder": str(run.folder),
    }  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Do what `lga runs <arguments>` says; a mistake is one line and exit status 1."""
    parser = argparse.ArgumentParser("lga runs", description="Runs, named by folder or hash.")
    parser.add_argument("--runs", default=str(outputs("runs")), help="folder searched for result.json")
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="a line for each run, such as: lga runs list attention=lga")
    listing.add_argument("filters", nargs="*", help="column=value, all of which hold")
    diff = verbs.add_parser("diff", help="settings and metrics in which two runs differ")
    diff.add_argument("names", nargs=2, metavar="run")
    removal = verbs.add_parser("rm", help="remove runs with their folders")
    removal.add_argument("names", nargs="+", metavar="run")
    removal.add_argument("--yes", action="store_true", help="without being asked")
    export = verbs.add_parser("export", help="all runs as a table")
    export.add_argument("file", type=Path, help="*.csv or *.json")
    chosen = parser.parse_args(arguments)
    try:
        found = runs(chosen.runs)
        if chosen.verb == "list":
            _list(found, chosen.filters)
        elif chosen.verb == "diff":
            _diff(*(found.chosen(name) for name in chosen.names))
        elif chosen.verb == "rm":
            _remove([found.chosen(name) for name in chosen.names], chosen.yes)
        else:
            _export(found.rows(), chosen.file)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _list(found: Runs, filters: Sequence[str]) -> None:
    wanted = [text.partition("=")[::2] for text in filters]
    if unknown := [name for name, _ in wanted if name not in SHOWN]:
        raise UserError(f"{unknown[0]}: no column; valid: {', '.join(SHOWN)}")
    rows = [row for row in found.rows() if all(str(row[name]) == value for name, value in wanted)]
    texts = [SHOWN, *([_text(row[name]) for name in SHOWN] for row in rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(SHOWN))]
    for row in texts:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _diff(one: CollectedRun, other: CollectedRun) -> None:
    sides = [{**dict(flatten(run.record.config)), **_row(run)} for run in (one, other)]
    for name in dict.fromkeys(name for side in sides for name in side):
        first, second = (_text(side.get(name, "unset")) for side in sides)
        if first != second:
            print(f"{name}: {first} -> {second}")


def _remove(found: Sequence[CollectedRun], sure: bool) -> None:
    if not (sure or sys.stdin.isatty()):
        raise UserError("lga runs rm: there is no terminal to ask on; add --yes")
    for run in found:
        if not sure and input(printable(f"remove {run.folder}? [y/N] ")).strip().lower() != "y":
            continue
        with alone(run.folder / ".lock"):  # waits for a process that trains there
            shutil.rmtree(run.folder)
        print(printable(f"removed {run.folder}"))


def _export(rows: Sequence[dict[str, Any]], path: Path) -> None:
    if path.suffix not in (".csv", ".json"):
        raise UserError(f"{path}: name a .csv or a .json file")
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".json":
            json.dump(rows, file, indent=1)
        else:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
            writer.writeheader()
            writer.writerows(rows)
    print(f"{numbered(len(rows), 'run')}: {path}")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return printable(f"{value:.2f}" if isinstance(value, float) else str(value))
