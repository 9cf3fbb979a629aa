"""Runs all cells of an experiment whose data is here, and renders it; stopped, the same command goes on.

With --seeds auto, results are looked at after 3, 5 and 10 seeds, or those that the experiment's file plans as
`looks`; networks of which every gain is decided run no further.

Exit status: 0 if every cell that could run did, 1 if one failed or nothing could run, 130 if interrupted.
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lga.results.collect import collect
from lga.results.experiments import Experiment, Page, chosen_pages
from lga.results.families import Results
from lga.results.judging import judge_together
from lga.results.plan.sweep_options import SCALES, SweepOptions, divide_overrides, seeds_at_looks
from lga.results.reports.markdown import progress_text
from lga.results.reports.rendering import write_page
from lga.system.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
INTERRUPTED = 130
POLL_SECONDS = 0.1


def main() -> int:
    """Reads the command line; plans, runs and renders one page after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", help="an experiment, a page of several, or all of the paper's")
    parser.add_argument("--seeds", default="3", help="how many, from 1, or auto: until every gain is decided")
    parser.add_argument("--scale", default="full", help=", ".join(SCALES))
    parser.add_argument("--jobs", type=int, help="that run at once on a device")
    parser.add_argument("--launcher", default="lga", help="option of hydra/launcher, such as slurm")
    parser.add_argument("--measure", action="store_true", help="time networks of unknown speed for the plan")
    parser.add_argument("overrides", nargs="*", help="as of run.py, such as paths.data_dir=/data")
    chosen = parser.parse_intermixed_args()
    worst = 0
    try:
        planned = seeds_at_looks(chosen.seeds)
        for page, experiments in chosen_pages(chosen.experiment).items():
            looks = (experiments[0].looks or planned) if chosen.seeds == "auto" else planned
            options = SweepOptions(
                looks[-1], chosen.scale, chosen.jobs, chosen.launcher, *divide_overrides(chosen.overrides)
            )
            status = _reproduce(page, experiments, options, chosen.measure, looks)
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


def _reproduce(
    page: Page,
    experiments: Sequence[Experiment],
    options: SweepOptions,
    measuring: bool,
    looks: Sequence[int],
) -> int:
    """Runs the sweeps one after the other, then renders their page; a run of two is trained once."""
    from lga.results.plan.plan import plan_sweeps
    from lga.results.plan.plan_view import show_plan  # torch, which a mistake need not wait for

    name = experiments[0].name if len(experiments) == 1 else page.name
    plan = plan_sweeps(name, experiments, options, measuring)
    show_plan(plan)
    sys.stdout.flush()
    if not plan.runnable:
        print(f"{name}: nothing can run: no data of it is here", file=sys.stderr)
        return 1
    worst = 0
    here = [f"dataset={','.join(plan.datasets)}"] if plan.datasets else []
    left = [(experiment.name, here) for experiment in experiments]
    runs = plan.outputs / "runs"
    overrides = {experiment.name: options.overrides for experiment in experiments}
    for seeds in looks:
        for name, choice in left:
            status = _sweep(name, choice, replace(options, seeds=seeds))
            if status == INTERRUPTED:
                return INTERRUPTED
            worst = max(worst, status)
        collected = collect(runs).runs if runs.is_dir() else ()
        results = judge_together(page.experiments, collected, overrides, looks if len(looks) > 1 else ())
        left = [(one.experiment.name, choice) for one in results for choice in undecided(one)]
    written = write_page(page, results, plan.outputs / "tables" / page.name)
    print(f"{page.name}: {progress_text(results)}: {written}")
    return worst


def undecided(results: Results) -> list[list[str]]:
    """For each data set with an undecided gain, the overrides that choose it and its networks."""
    choices: dict[str, set[str]] = {}
    for family in results.families:
        if not family.settled:
            texts = {text for row in family.rows for run in row.runs for text in run.record.overrides}
            named = {text.removeprefix("backbone=") for text in texts if text.startswith("backbone=")}
            choices.setdefault(family.dataset, set()).update(named)
    return [
        [f"dataset={dataset}", *([f"backbone={','.join(sorted(named))}"] if named else [])]
        for dataset, named in choices.items()
    ]


def _sweep(name: str, choice: Sequence[str], options: SweepOptions) -> int:
    """Runs the sweep in a process of its own, which says what happens; an interrupt is handed to it once."""
    command = ["-m", f"experiment={name}", *choice, *options.of_runs, *options.of_launcher]
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


if __name__ == "__main__":
    sys.exit(main())
