"""Renders the paper's tables: of this machine's runs below the outputs, of kept records below experiments/.

With --keep, this machine's records join the kept ones, to be committed: of each cell those that are shown.
"""

import argparse
import sys
from pathlib import Path

from lga.structures import UserError
from lga.tables.collect import CollectedRun, collect
from lga.tables.experiments.committed import keep, read_kept
from lga.tables.experiments.experiment import chosen_experiments
from lga.tables.experiments.judged_table import judge
from lga.tables.experiments.number_text import progress_text
from lga.tables.experiments.rendering import write_committed, write_study, write_table
from lga.tables.studies.gains import families
from lga.tables.studies.study import STUDIES, Study, study_named


def main() -> int:
    """Reads the command line, judges and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", default="all", help="table1 to table5, figure1, embedded or all")
    parser.add_argument("--runs", type=Path, default=Path("outputs/runs"), help="searched for result.json")
    parser.add_argument("--out", type=Path, default=Path("outputs/tables"), help="folder of the tables")
    parser.add_argument("--keep", action="store_true", help="copy the shown records into experiments/")
    arguments = parser.parse_args()
    try:
        _render(arguments.table, arguments.runs, arguments.out, arguments.keep)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _render(name: str, runs: Path, out: Path, keeping: bool) -> None:
    collected = _collected(runs)
    for study in STUDIES:
        if name in (study.name, "all"):
            _render_study(study, collected, out, keeping)
    for experiment in () if study_named(name) else chosen_experiments(name):
        table = judge(experiment, collected)
        page = write_table(table, out / experiment.name)
        print(f"{experiment.name}: {progress_text(table)}: {page}")
        if keeping:
            together = judge(experiment, [*read_kept(experiment.folder), *collected])
            kept = keep(together.runs, experiment.folder)
            print(f"{experiment.name}: {len(kept)} records in {experiment.folder / 'records'}")
    for path in write_committed():
        print(f"from kept records: {path}")


def _render_study(study: Study, collected: tuple[CollectedRun, ...], out: Path, keeping: bool) -> None:
    print(f"{study.name}: {write_study(study, collected, out / study.name)}")
    if keeping:
        together = families(study, [*read_kept(study.folder), *collected])
        kept = keep([run for family in together for row in family.rows for run in row.runs], study.folder)
        print(f"{study.name}: {len(kept)} records in {study.folder / 'records'}")


def _collected(runs: Path) -> tuple[CollectedRun, ...]:
    if not runs.is_dir():
        return ()
    collection = collect(runs)
    for problem in collection.problems:
        print(f"left out: {problem.path}: {problem.reason}", file=sys.stderr)
    return collection.runs


if __name__ == "__main__":
    sys.exit(main())
