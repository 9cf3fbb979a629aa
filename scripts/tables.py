"""Renders the paper's tables: of this machine's runs below the outputs, of kept records below experiments/.

With --keep, this machine's records join the kept ones, to be committed: of each cell those that are shown.
"""

import argparse
import sys
from pathlib import Path

from lga.results.collect import CollectedRun, collect
from lga.results.experiments import chosen_experiments
from lga.results.judged_table import judge
from lga.results.reports.committed import keep, read_kept
from lga.results.reports.markdown import progress_text
from lga.results.reports.rendering import shown_runs, study_runs, write_committed, write_page, write_table
from lga.results.studies.studies import PAGES, StudyPage, chosen_studies
from lga.system.errors import UserError
from lga.system.files import outputs
from lga.system.terminal_text import printable


def main() -> int:
    """Reads the command line, judges and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", default="all", help="table1 to table5, figure1, a study or all")
    parser.add_argument("--runs", type=Path, default=outputs("runs"), help="searched for result.json")
    parser.add_argument("--out", type=Path, default=outputs("tables"), help="folder of the tables")
    parser.add_argument("--keep", action="store_true", help="copy the shown records into experiments/")
    arguments = parser.parse_args()
    try:
        _render(arguments.table, arguments.runs, arguments.out, arguments.keep)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _render(name: str, runs: Path, out: Path, keeping: bool) -> None:
    chosen = chosen_studies(name)
    collected = _collected(runs)
    for page in PAGES:
        if name == "all" or (chosen and chosen.page == page):
            _render_page(page, collected, out, keeping)
    for experiment in () if chosen else chosen_experiments(name):
        table = judge(experiment, collected)
        page = write_table(table, out / experiment.name)
        print(f"{experiment.name}: {progress_text(table)}: {page}")
        if keeping:
            together = judge(experiment, [*read_kept(experiment.folder), *collected])
            kept = keep(together.runs, experiment.folder)
            print(f"{experiment.name}: {len(kept)} records in {experiment.folder / 'records'}")
    for path in write_committed():
        print(f"from kept records: {path}")


def _render_page(page: StudyPage, collected: tuple[CollectedRun, ...], out: Path, keeping: bool) -> None:
    print(f"{page.name}: {write_page(page, collected, out / page.name)}")
    if keeping:
        together = study_runs(page, [*read_kept(page.folder), *collected])
        kept = keep(shown_runs(together), page.folder)
        print(f"{page.name}: {len(kept)} records in {page.folder / 'records'}")


def _collected(runs: Path) -> tuple[CollectedRun, ...]:
    if not runs.is_dir():
        return ()
    collection = collect(runs)
    for problem in collection.problems:
        print(printable(f"left out: {problem.path}: {problem.reason}"), file=sys.stderr)
    return collection.runs


if __name__ == "__main__":
    sys.exit(main())
