"""Runs all cells of a table or study whose data is here, and renders it; stopped, the same command goes on.

Exit status: 0 if every cell that could run did, 1 if one failed or nothing could run, 130 if interrupted.
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lga.results.collect import collect
from lga.results.experiments import Experiment, chosen_experiments
from lga.results.judged_table import judge
from lga.results.plan.plan_view import show_plan
from lga.results.plan.planning import plan_experiment, plan_sweeps
from lga.results.plan.sweep_options import SCALES, SweepOptions, divide_overrides
from lga.results.reports.markdown import progress_text
from lga.results.reports.rendering import write_page, write_table
from lga.results.studies.studies import ChosenStudies, chosen_studies
from lga.system.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
INTERRUPTED = 130
POLL_SECONDS = 0.1


def main() -> int:
    """Reads the command line; plans, runs and renders one table after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", help="table1 to table5, figure1, all, or a study")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 1")
    parser.add_argument("--scale", default="full", help=", ".join(SCALES))
    parser.add_argument("--jobs", type=int, help="that run at once on a device")
    parser.add_argument("--launcher", default="lga", help="option of hydra/launcher, such as slurm")
    parser.add_argument("--measure", action="store_true", help="time networks of unknown speed for the plan")
    parser.add_argument("overrides", nargs="*", help="as of run.py, such as paths.data_dir=/data")
    chosen = parser.parse_intermixed_args()
    worst = 0
    try:
        options = SweepOptions(
            chosen.seeds, chosen.scale, chosen.jobs, chosen.launcher, *divide_overrides(chosen.overrides)
        )
        if studies := chosen_studies(chosen.table):
            return _reproduce_studies(chosen.table, studies, options, chosen.measure)
        for experiment in chosen_experiments(chosen.table):
            status = _reproduce(experiment, options, chosen.measure)
            if status == INTERRUPTED:
                return INTERRUPTED
            worst = max(worst, status)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped before the sweep", file=sys.stderr)
        return INTERRUPTED
    return worst


def _reproduce(experiment: Experiment, options: SweepOptions, measuring: bool) -> int:
    plan = plan_experiment(experiment, options, measuring)
    show_plan(plan)
    sys.stdout.flush()
    if not plan.runnable:
        print(f"{experiment.name}: nothing can run: no data of it is here", file=sys.stderr)
        return 1
    status = _sweep(experiment.name, plan.datasets, options)
    if status != INTERRUPTED:
        _render(experiment, plan.outputs, options.overrides)
    return status


def _reproduce_studies(name: str, chosen: ChosenStudies, options: SweepOptions, measuring: bool) -> int:
    """Runs the studies' sweeps one after the other, then renders their page; a run of two is trained once."""
    names = [study.name for study in chosen.studies]
    plan = plan_sweeps(name, names, options, measuring)
    show_plan(plan)
    sys.stdout.flush()
    if not plan.runnable:
        print(f"{name}: nothing can run: no data of it is here", file=sys.stderr)
        return 1
    worst = 0
    for study in names:
        status = _sweep(study, plan.datasets, options)
        if status == INTERRUPTED:
            return INTERRUPTED
        worst = max(worst, status)
    runs, page = plan.outputs / "runs", chosen.page
    collected = collect(runs).runs if runs.is_dir() else ()
    written = write_page(
        page, collected, plan.outputs / "tables" / page.name, dict.fromkeys(names, options.overrides)
    )
    print(f"{page.name}: {written}")
    return worst


def _sweep(name: str, datasets: Sequence[str], options: SweepOptions) -> int:
    """Runs the sweep in a process of its own, which says what happens; an interrupt is handed to it once."""
    here = (f"dataset={','.join(datasets)}",) if datasets else ()
    command = ["-m", f"experiment={name}", *here, *options.of_runs, *options.of_launcher]
    received: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # Set before the process starts: one that was started with interrupts ignored would ignore them too.
    before = [signal.signal(signum, lambda caught, _: received.append(caught)) for signum in signals]
    try:
        process = subprocess.Popen([sys.executable, str(ROOT / "run.py"), *command], start_new_session=True)
        handed_on = False
        while process.poll() is None:
            if received and not handed_on:
                process.send_signal(signal.SIGINT)
                handed_on = True
            time.sleep(POLL_SECONDS)
    finally:
        for signum, handler in zip(signals, before, strict=True):
            signal.signal(signum, handler)
    return INTERRUPTED if received else min(abs(process.returncode), 1)


def _render(experiment: Experiment, outputs: Path, overrides: Sequence[str]) -> None:
    runs = outputs / "runs"
    table = judge(experiment, collect(runs).runs if runs.is_dir() else (), overrides)
    page = write_table(table, outputs / "tables" / experiment.name)
    print(f"{experiment.name}: {progress_text(table)}: {page}")


if __name__ == "__main__":
    sys.exit(main())
