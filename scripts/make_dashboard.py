"""Renders the paper's tables and the run records below a folder as one self-contained HTML page."""

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lga.audit.cost.report import KEPT, MEASURED, read_report
from lga.dashboard.page import write_page
from lga.dashboard.page.payload import Latencies
from lga.dashboard.page.studied import found_studies
from lga.results.audited import kept_audit
from lga.results.collect import Collection, collect
from lga.results.experiments import FOLDER, judged_experiments
from lga.results.judging import judge
from lga.results.reports.committed import read_kept
from lga.system.errors import UserError
from lga.system.files import outputs
from lga.system.terminal_text import printable


def main() -> int:
    """Reads the command line, writes the page, says where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=outputs("runs"), help="folder searched for result.json")
    parser.add_argument(
        "--kept", type=Path, default=FOLDER, help="folder of experiments, whose kept records join the runs"
    )
    parser.add_argument("--out", type=Path, default=outputs("dashboard.html"), help="the page")
    arguments = parser.parse_args()
    try:
        collection = _with_kept(collect(arguments.runs), arguments.kept)
        runs = (*collection.runs, *collection.kept)
        tables = [judge(experiment, runs) for experiment in judged_experiments()]
        studies = found_studies(collection.kept), found_studies(collection.runs)
        write_page(collection, arguments.out, datetime.now(UTC), tables, kept_audit(), _latencies(), *studies)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    for problem in collection.problems:
        print(printable(f"left out: {problem.path}: {problem.reason}"), file=sys.stderr)
    print(f"{arguments.out}: {len(collection.runs)} runs, {len(collection.kept)} kept records")
    return 0


def _with_kept(collection: Collection, folder: Path) -> Collection:
    """The collection and the records that the repository keeps; one of its own runs is shown as they are."""
    own = {(run.record.config_hash, run.record.started): run for run in collection.runs}
    kept = [run for experiment in sorted(folder.glob("*")) for run in read_kept(experiment)]
    keys = [(run.record.config_hash, run.record.started) for run in kept]
    found = {key: own.pop(key, run) for key, run in zip(keys, kept, strict=True)}
    return replace(collection, runs=tuple(own.values()), kept=tuple(found.values()))


def _latencies() -> Latencies | None:
    """Those measured here, else those that the repository keeps."""
    report = read_report(MEASURED) or read_report(KEPT)
    return Latencies(report.heading(), report.latencies()) if report else None


if __name__ == "__main__":
    sys.exit(main())
