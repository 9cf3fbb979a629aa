"""Train one cell, or compare attentions over seeds, by the entries that the command line calls."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lga.config.compose import composed_or_told
from lga.launch.local import run_in_processes
from lga.launch.sweep import Job, SweepProgress, launch_sweep
from lga.library.choices import as_overrides, frozen
from lga.library.frames import frame
from lga.results.collect import RECORD, CollectedRun
from lga.results.comparison import Group
from lga.results.comparison import compare as compare_runs
from lga.results.experiments import BASELINE, Experiment
from lga.results.families import Family, Number, Row
from lga.results.gains import compare_gains
from lga.results.labels import label, name_of
from lga.results.sentences import family_sentence
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
    """What a comparison gave; `str` of it is the verdict.

    Attributes:
        experiment: names the reference, the attention that all gains are over.
        family: the attentions with their gains; intervals hold for all of them at once.
        groups: of each attention, the runs and every metric's mean.
    """

    experiment: Experiment
    family: Family
    groups: tuple[Group, ...]

    def __str__(self) -> str:
        return family_sentence(self.experiment, self.family)

    def frame(self) -> Any:
        """Return a row for each attention: a DataFrame, or a list of dicts without pandas."""
        rows = []
        for row, group in zip(self.family.rows, self.groups, strict=True):
            gain = row.gain.estimate if row.gain else None
            rows.append(
                {
                    "attention": row.attention, "seeds": len(row.runs),
                    **{name: found.mean for name, found in group.estimates.items()},
                    "gain": gain and gain.mean, "gain_low": gain and gain.low,
                    "gain_high": gain and gain.high,
                    "p": row.gain and row.gain.p, "word": row.word, "scale": row.scale,
                    "parameters": row.runs[0].record.parameters, "gflops": row.runs[0].record.gflops,
                }
            )  # fmt: skip
        return frame(rows)

    def plot(self) -> "Figure":
        """Return a matplotlib figure of the gains with their intervals, the reference as the line at 0."""
        from matplotlib.figure import Figure

        rows = [row for row in self.family.rows if row.gain]
        figure = Figure(figsize=(7, 1.2 + 0.35 * len(rows)), layout="constrained")
        axes = figure.subplots()
        axes.axvline(0, color="#666666", linewidth=0.8)
        for place, row in enumerate(rows):
            found = row.gain.estimate  # type: ignore[union-attr]
            if found.low is not None and found.high is not None:
                axes.plot([found.low, found.high], [place, place], color="#3b6ea5")
            axes.plot(found.mean, place, "o", color="#3b6ea5")
        axes.set_yticks(range(len(rows)), [name_of(row.attention) for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        points = f"points of {label(self.family.rows[0].metric)}, {self.family.scale} runs"
        axes.set(title=self.family.place, xlabel=f"gain over {self.experiment.reference}, {points}")
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
    ended = launch_sweep(composed_or_told, wanted, engine)
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
    """Judge runs that differ in attention and seed alone."""
    order = list(dict.fromkeys(run.record.cell.attention for run in runs))
    (found,) = compare_runs(runs)
    groups = sorted(found.groups, key=lambda group: order.index(group.attention))
    reference = BASELINE if BASELINE in order else order[0]
    values = {group.attention: group.values(found.metric) for group in groups}
    compared = compare_gains(values, reference)
    rows = tuple(
        Row(
            group.attention,
            name_of(group.attention),
            group.runs,
            (Number(found.metric, values[group.attention]),),
            gain=compared.gains.get(group.attention),
        )
        for group in groups
    )
    family = Family(found.dataset, found.network, {}, rows, groups[0].runs[0].scale, spread=compared.spread)
    experiment = Experiment("comparison", "comparison", "Attentions compared", reference=reference)
    return ComparedAttentions(experiment, family, tuple(groups))
