"""An experiment's published rows beside our runs, each number judged, and the claims made of them.

Within one dataset and network all numbers are of one trainer, of the most telling scale that anything ran at:
a gain is not taken between a full run and a smoke run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from lga.config.frozen_run import is_neutral
from lga.config.grid import experiment_runs
from lga.results.audited import kept_audit
from lga.results.claims import Claim, claims
from lga.results.collect import CollectedRun
from lga.results.experiments import Experiment
from lga.results.matching import Matched, OtherRun, Trainer, match
from lga.results.published import PublishedRow
from lga.results.scales import Scale
from lga.results.verdicts import Verdict, Word, judge_number

DETECTION_PROTOCOL = "paper"
CHOICES = (
    "dataset",
    "backbone",
    "attention",
    "trainer",
)  # of cells, and of the scale, that tables tell anyway


@dataclass(frozen=True)
class JudgedNumber:
    """One published number and ours, percent.

    Attributes:
        metric: as published rows name it.
        published: the number.
        values: ours by seed.
        verdict: on ours.
    """

    metric: str
    published: float
    values: Mapping[int, float]
    verdict: Verdict


@dataclass(frozen=True)
class JudgedCell:
    """A published row and our runs of it.

    Attributes:
        row: as published.
        scale: of the runs; None where none ran.
        runs: one a seed.
        numbers: the two metrics.
        counts: how the runs' parameters and GFLOPs stand to the published; None where none ran.
    """

    row: PublishedRow
    scale: Scale | None
    runs: Sequence[CollectedRun]
    numbers: tuple[JudgedNumber, ...]
    counts: str | None

    @property
    def verdict(self) -> Verdict:
        """That of the first metric."""
        return self.numbers[0].verdict


@dataclass(frozen=True)
class JudgedTable:
    """All cells of an experiment, in the published order, and what they say about the paper's claims."""

    experiment: Experiment
    cells: tuple[JudgedCell, ...]
    claims: tuple[Claim, ...]
    others: Sequence[OtherRun]
    changes: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[CollectedRun, ...]:
        """Every run that is shown."""
        return tuple(run for cell in self.cells for run in cell.runs)

    @property
    def ran(self) -> int:
        """Cells with a finished run."""
        return sum(cell.scale is not None for cell in self.cells)

    @property
    def scales(self) -> tuple[str, ...]:
        """Scales of the runs, in the order of the cells."""
        return tuple(dict.fromkeys(cell.scale for cell in self.cells if cell.scale))

    @property
    def verdicts(self) -> Mapping[Word, int]:
        """How many cells have each verdict."""
        found = Counter(cell.verdict.word for cell in self.cells)
        return {word: found[word] for word in Word}


def judge(
    experiment: Experiment, collected: Iterable[CollectedRun], overrides: Sequence[str] = ()
) -> JudgedTable:
    """Hold what was collected against the experiment's published rows.

    ``overrides`` change the experiment's own settings: runs with them stand in its cells, others do not.
    """
    names = {row.cell for row in experiment.rows}
    own = [run for run in collected if _names(run) in names]
    grid = experiment_runs(experiment.name, ["seed=1", *overrides]) if own else ()
    matched = match(own, grid)
    cells: list[JudgedCell] = []
    made: list[Claim] = []
    for _, family in groupby(experiment.rows, key=lambda row: (row.dataset, row.model)):
        rows = list(family)
        trainer = matched.trainer(row.cell for row in rows)
        judged = [_judged_cell(row, trainer, matched) for row in rows]
        cells += judged
        made += _claims(judged, trainer)
    return JudgedTable(experiment, tuple(cells), tuple(made), matched.others, _changes(overrides))


def _changes(overrides: Sequence[str]) -> tuple[str, ...]:
    """Return those that may change results, less the choice of cells."""
    return tuple(
        override
        for override in overrides
        if not is_neutral(override.split("=")[0]) and override.split("=")[0] not in ("seed", *CHOICES)
    )


def _names(run: CollectedRun) -> tuple[str, str, str]:
    cell = run.record.cell
    return cell.dataset, cell.backbone, cell.attention


def _claims(cells: Sequence[JudgedCell], trainer: Trainer | None) -> list[Claim]:
    ours = {cell.row.cell: cell.numbers[0].values for cell in cells}
    return claims([cell.row for cell in cells], 0, lambda row: ours[row.cell], _scale(trainer))


def _scale(trainer: Trainer | None) -> Scale:
    return trainer.scale if trainer else "full"


def _judged_cell(row: PublishedRow, trainer: Trainer | None, matched: Matched) -> JudgedCell:
    runs = matched.of(row.cell, trainer)
    numbers = tuple(
        _judged_number(row, metric, runs, _scale(trainer))
        for metric in ("map50", "map50_95", "top1", "top5")
        if getattr(row, metric) is not None
    )
    return JudgedCell(row, _scale(trainer) if runs else None, runs, numbers, _counts(row, runs))


def _judged_number(
    row: PublishedRow, metric: str, runs: Sequence[CollectedRun], scale: Scale
) -> JudgedNumber:
    published = float(getattr(row, metric))
    name = f"{DETECTION_PROTOCOL}/{metric}" if row.task == "detection" else metric
    values = {run.record.cell.seed: run.record.metrics[name] for run in runs if name in run.record.metrics}
    return JudgedNumber(metric, published, values, judge_number(published, values, metric, scale))


def _counts(row: PublishedRow, runs: Sequence[CollectedRun]) -> str | None:
    """`equal`, why the published counts are another network's, or `unexplained`."""
    if not runs:
        return None
    record = runs[0].record
    if record.parameters == row.parameters and f"{record.gflops_paper or 0:.1f}" == f"{row.gflops:.1f}":
        return "equal"
    audit = kept_audit()
    audited = audit.of(row) if audit else None
    if not audited or not audited.explanation or audited.counts.parameters != record.parameters:
        return "unexplained"
    return f"explained: {audited.explanation.name}"
