"""Train one cell, or compare attentions over seeds, by the entries that the command line calls."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lga.config.compose import composed_or_explained
from lga.launch.local import run_in_processes
from lga.launch.sweep import Job, SweepProgress, launch_sweep
from lga.library.choices import as_overrides, frozen
from lga.library.frames import frame
from lga.results.answers import answer, place
from lga.results.collect import RECORD, CollectedRun
from lga.results.comparison import Comparison
from lga.results.comparison import compare as compare_runs
from lga.results.experiments import BASELINE
from lga.results.labels import label, name_of
from lga.results.verdicts import margin
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def train(overrides: Sequence[str] = (), **choices: Any) -> CollectedRun:
    """Train the cell of `python run.py <overrides>`; return its folder, score and record.

    A finished cell is read from its record.

    Args:
        overrides: such as `["recipe.epochs=5"]`.
        choices: the same as keywords, such as `dataset="digits", attention="lga", seed=1`; an attention may
            be a class.

    Raises:
        UserError: an override does not fit, data is missing, or training failed by a mistake.
    """
    run = frozen(overrides, choices)
    if run.config["mode"]["name"] != "train":
        raise UserError(f"mode={run.config['mode']['name']}: lga.train trains; leave mode out")
    execute(run)
    done = RunDirectory(run).done()
    if done is None:  # of several nodes, this process is not the first one
        raise UserError(f"{run.cell}: its record is written by the first of several nodes")
    return CollectedRun(done[0].parent, done[1])


@dataclass(frozen=True)
class ComparedAttentions:
    """What a comparison gave, as the page has it; `str` of it is the answer, in words.

    Attributes:
        comparison: its groups are the attentions, each with its runs, every metric's mean and its gain;
            the gains' intervals hold for all of them at once.
    """

    comparison: Comparison

    def __str__(self) -> str:
        found = self.comparison
        return f"{place(found)}, {found.scale} runs: {' '.join(filter(None, answer(found)))}"

    def frame(self) -> Any:
        """Return a row for each attention: a DataFrame, or a list of dicts without pandas."""
        rows = []
        for group in self.comparison.groups:
            gain, record = group.gain and group.gain.estimate, group.runs[0].record
            word = group.gain.word(margin(self.comparison.metric)) if group.gain else "-"
            rows.append(
                {
                    "attention": group.attention, "seeds": len(group.runs),
                    **{name: found.mean for name, found in group.estimates.items()},
                    "gain": gain and gain.mean, "gain_low": gain and gain.low,
                    "gain_high": gain and gain.high,
                    "p": group.gain and group.gain.p, "word": word, "scale": self.comparison.scale,
                    "parameters": record.parameters, "gflops": record.gflops,
                }
            )  # fmt: skip
        return frame(rows)

    def plot(self) -> "Figure":
        """Return a matplotlib figure of the gains with their intervals, the reference as the line at 0."""
        from matplotlib.figure import Figure

        found = self.comparison
        rows = [(name_of(group.label), group.gain.estimate) for group in found.groups if group.gain]
        figure = Figure(figsize=(7, 1.2 + 0.35 * len(rows)), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0, color="#666666", linewidth=0.8)
        for height, (_, gain) in enumerate(rows):
            if gain.low is not None and gain.high is not None:
                axes.plot([gain.low, gain.high], [height, height], color="#3b6ea5")
            axes.plot(gain.mean, height, "o", color="#3b6ea5")
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        points = f"points of {label(found.metric)}, {found.scale} runs"
        axes.set(title=place(found), xlabel=f"gain over {found.reference}, {points}")
        return figure


def compare(
    attentions: Sequence[str | type],
    dataset: str = "digits",
    seeds: int | Sequence[int] = 3,
    overrides: Sequence[str] = (),
    jobs: int = 1,
    **choices: Any,
) -> ComparedAttentions:
    """Train each attention with each seed, as `python run.py -m` does, and compare them.

    Gains are over `none` if it is one of them, else over the first.

    Args:
        attentions: options of `attention=`, or classes of one's own.
        dataset: option of `dataset=`.
        seeds: how many, from 1, or which.
        overrides: of every run.
        jobs: 1 trains in this process; more, in that many processes at once on a device.
        choices: of every run, as of `train`.

    Raises:
        UserError: a choice does not fit, or runs failed, which were named.
    """
    numbers = range(1, seeds + 1) if isinstance(seeds, int) else seeds
    shared = [*overrides, *as_overrides({"dataset": dataset, **choices})]
    wanted = [[*shared, *as_overrides({"attention": one, "seed": s})] for one in attentions for s in numbers]
    engine = _in_this_process if jobs == 1 else partial(run_in_processes, jobs_per_device=jobs)
    ended = launch_sweep(composed_or_explained, wanted, engine)
    for one in ended:
        _ = one.return_value  # raises if any failed
    folders = [Path(one.working_dir) for one in ended]
    return _compared([CollectedRun(folder, read_record(folder / RECORD)) for folder in folders])


def _in_this_process(jobs: list[Job], progress: SweepProgress) -> None:
    """Run the jobs one after the other; a failed one costs itself alone."""
    for job in jobs:
        started = time.monotonic()
        try:
            job.score = execute(job.run)
        except UserError as error:
            job.error = str(error)
        job.seconds = time.monotonic() - started
        progress.ended(job.name, job.error, job.score, job.seconds, job.folder.log)


def _compared(runs: Sequence[CollectedRun]) -> ComparedAttentions:
    """Judge runs that differ in attention and seed alone, in the order of their attentions."""
    order = list(dict.fromkeys(run.record.cell.attention for run in runs))
    (found,) = compare_runs(runs, BASELINE if BASELINE in order else order[0])
    groups = sorted(found.groups, key=lambda group: order.index(group.attention))
    return ComparedAttentions(replace(found, groups=tuple(groups)))
