"""Renders the pages of experiments: of this machine's runs and the kept ones below the outputs, of kept
records alone below experiments/.

With --keep, this machine's records join the kept ones, to be committed: of each cell those that are shown.
"""

import argparse
import sys
from pathlib import Path

from lga.dashboard.page.judged import judged_files
from lga.results.collect import CollectedRun, collect
from lga.results.experiments import Page, all_pages, chosen_pages
from lga.results.judging import judge_together
from lga.results.reports.committed import keep, read_kept
from lga.results.reports.markdown import progress_text
from lga.results.reports.rendering import write_page
from lga.system.errors import in_one_line
from lga.system.files import outputs
from lga.system.terminal_text import printable
from scripts.kept_pages.rendering import committed_files, judge_kept, write_changed


@in_one_line
def main() -> int:
    """Read the command line, judge and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", default="all", help="an experiment, a page of several, or all")
    parser.add_argument("--runs", type=Path, default=outputs("runs"), help="searched for result.json")
    parser.add_argument("--out", type=Path, default=outputs("tables"), help="folder of the pages")
    parser.add_argument("--keep", action="store_true", help="copy the shown records into experiments/")
    arguments = parser.parse_args()
    _render(arguments.page, arguments.runs, arguments.out, arguments.keep)
    return 0


def _render(name: str, runs: Path, out: Path, keeping: bool) -> None:
    pages = all_pages() if name == "all" else chosen_pages(name)
    collected = _collected(runs)
    for page in pages:
        _render_page(page, collected, out, keeping)
    judged = judge_kept()
    for path in write_changed({**committed_files(judged), **judged_files(judged)}):
        print(f"from kept records: {path}")


def _render_page(page: Page, collected: tuple[CollectedRun, ...], out: Path, keeping: bool) -> None:
    results = judge_together(page.experiments, [*read_kept(page.folder), *collected])
    print(f"{page.name}: {progress_text(results)}: {write_page(page, results, out / page.name)}")
    if keeping:
        kept = keep([run for one in results for run in one.runs], page.folder)
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
