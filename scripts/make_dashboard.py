"""Renders the paper's tables and the run records below a folder as one self-contained HTML page."""

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lga.dashboard.page import write_page
from lga.dashboard.page.judged import read_all_kept
from lga.dashboard.page.payload import Latencies
from lga.dashboard.page.studied import found_studies
from lga.results.audited import kept_audit
from lga.results.collect import Collection, collect
from lga.results.experiments import FOLDER, judged_experiments
from lga.results.judging import judge
from lga.system.errors import in_one_line
from lga.system.files import outputs
from lga.system.terminal_text import numbered, printable
from scripts.costs.attention_report import KEPT, MEASURED, read_report


@in_one_line
def main() -> int:
    """Read the command line, write the page, print where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, help=f"folder searched for result.json; else {outputs('runs')}")
    parser.add_argument(
        "--kept", type=Path, default=FOLDER, help="folder of experiments, whose kept records join the runs"
    )
    parser.add_argument("--out", type=Path, default=outputs("dashboard.html"), help="the page")
    arguments = parser.parse_args()
    runs = arguments.runs or outputs("runs")
    # Before anything has run, the page shows what the project keeps.
    collection = collect(runs) if arguments.runs or runs.is_dir() else Collection(runs, (), ())
    kept = read_all_kept(arguments.kept, collection.runs)
    kept_ids = set(map(id, kept.all))
    own = tuple(run for run in collection.runs if id(run) not in kept_ids)
    cells = {(cell.dataset, cell.backbone, cell.attention) for cell in (run.record.cell for run in own)}
    tables = [
        judge(experiment, (*own, *kept.all))
        for experiment in judged_experiments()
        if not cells.isdisjoint(row.cell for row in experiment.rows)
    ]
    studies = found_studies(own, {run.record.group for run in own if run.record.group})
    judged = tables, kept_audit(), _latencies(), studies, kept
    write_page(replace(collection, runs=own), arguments.out, datetime.now(UTC), *judged)
    for problem in collection.problems:
        print(printable(f"left out: {problem.path}: {problem.reason}"), file=sys.stderr)
    print(f"{arguments.out}: {numbered(len(own), 'run')}, {numbered(len(kept.all), 'kept record')}")
    return 0


def _latencies() -> Latencies | None:
    """Those measured here, else those that the repository keeps."""
    report = read_report(MEASURED) or read_report(KEPT)
    return Latencies(report.heading(), report.latencies()) if report else None


if __name__ == "__main__":
    sys.exit(main())
