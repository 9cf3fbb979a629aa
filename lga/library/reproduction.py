"""Run all cells of an experiment whose data is here, and render it; stopped, the same call goes on.

With seeds "auto", results are looked at after 3, 5 and 10 seeds, or those that the experiment's file plans as
`looks`; a network whose gains are all decided runs no further.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lga.library.frames import frame
from lga.results.collect import collect
from lga.results.experiments import Experiment, Page, chosen_pages
from lga.results.families import Results
from lga.results.judging import judge_together
from lga.results.plan.sweep_options import SweepOptions, divide_overrides, seeds_at_looks
from lga.results.reports.markdown import progress_text
from lga.results.reports.rendering import write_page

INTERRUPTED = 130
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Reproduced:
    """What an experiment gave.

    Attributes:
        status: 0 if every cell that could run did, 1 if one failed or nothing could run, 130 if interrupted.
        results: of each experiment of its pages.
        pages: the folders that they were rendered into.
    """

    status: int
    results: tuple[Results, ...] = ()
    pages: tuple[Path, ...] = ()

    def frame(self) -> Any:
        """Return ours beside what was published, a row a cell: a DataFrame, or dicts without pandas."""
        return frame(
            [
                {
                    "dataset": family.dataset, "network": family.network, "attention": row.attention,
                    "metric": row.metric, "scale": row.scale, "seeds": len(row.runs),
                    "ours": row.ours.mean if row.ours else None, "published": row.numbers[0].published,
                    "verdict": str(row.verdict.word) if row.verdict else None,
                }
                for results in self.results for family in results.families for row in family.rows
            ]
        )  # fmt: skip


def reproduce(
    experiment: str,
    seeds: int | str = 3,
    scale: str = "full",
    jobs: int | None = None,
    launcher: str = "lga",
    overrides: Sequence[str] = (),
    measure: bool = False,
) -> Reproduced:
    """Plan, run and render an experiment, as `make reproduce-<experiment>` does.

    Args:
        experiment: a name, such as `table1`, a page of several, or `all` of the paper's.
        seeds: how many, from 1, or `auto`: until every gain is decided.
        scale: `full`, `reduced` or `smoke`.
        jobs: that run at once on a device.
        launcher: option of `hydra/launcher`.
        overrides: of every run, such as `paths.data_dir=/data`.
        measure: whether networks of unknown speed are timed for the plan.

    Raises:
        UserError: there is no such experiment, or a setting does not fit.
    """
    planned = seeds_at_looks(str(seeds))
    status, found, written = 0, list[Results](), list[Path]()
    for page, experiments in chosen_pages(experiment).items():
        at = (experiments[0].looks or planned) if seeds == "auto" else planned
        looks = at if seeds == "auto" else ()
        options = SweepOptions(at[-1], scale, jobs, launcher, *divide_overrides(overrides), looks=looks)
        one = _reproduce(page, experiments, options, measure)
        status = max(status, one.status)
        found += one.results
        written += one.pages
        if status == INTERRUPTED:
            break
    return Reproduced(status, tuple(found), tuple(written))


def _reproduce(
    page: Page, experiments: Sequence[Experiment], options: SweepOptions, measuring: bool
) -> Reproduced:
    """Run the sweeps one after the other, then render their page; a run of two is trained once."""
    from lga.results.plan.plan import plan_sweeps
    from lga.results.plan.plan_view import show_plan  # torch, which a mistake need not wait for

    name = experiments[0].name if len(experiments) == 1 else page.name
    plan = plan_sweeps(name, experiments, options, measuring)
    show_plan(plan)
    sys.stdout.flush()
    if not plan.runnable:
        print(f"{name}: nothing can run: no data of it is here", file=sys.stderr)
        return Reproduced(1)
    worst, results = 0, tuple[Results, ...]()
    here = [f"dataset={','.join(plan.datasets)}"] if plan.datasets else []
    left = [(experiment.name, here) for experiment in experiments]
    runs = plan.outputs / "runs"
    overrides = {experiment.name: options.overrides for experiment in experiments}
    for seeds in options.looks or (options.seeds,):
        for name, choice in left:
            status = _sweep(name, choice, replace(options, seeds=seeds))
            if status == INTERRUPTED:
                return Reproduced(INTERRUPTED)
            worst = max(worst, status)
        known = [*plan.kept, *(collect(runs).runs if runs.is_dir() else ())]
        once = {run.record.config_hash: run for run in known}.values()  # one's own where it is kept, too
        results = judge_together(page.experiments, once, overrides, options.looks)
        asked = [one for one in results if one.experiment in experiments]
        left = [(one.experiment.name, choice) for one in asked for choice in undecided(one)]
    written = write_page(page, results, plan.outputs / "tables" / page.name)
    print(f"{page.name}: {progress_text(results)}: {written}")
    return Reproduced(worst, results, (written,))


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
    """Run the sweep in a process of its own, which reports what happens; hand it an interrupt once."""
    command = ["-m", f"experiment={name}", *choice, *options.of_runs, *options.of_launcher]
    received: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # Set before the process starts: one that was started with interrupts ignored would ignore them too.
    before = [signal.signal(signum, lambda caught, _: received.append(caught)) for signum in signals]
    try:
        process = subprocess.Popen([sys.executable, "-m", "lga", *command], start_new_session=True)
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
