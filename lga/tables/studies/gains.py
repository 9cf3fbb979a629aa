"""Each attention of a study against none, paired by seed, with Holm's correction over the attentions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lga.run.experiment_grid import experiment_runs
from lga.tables.collect import CollectedRun
from lga.tables.comparison import BASELINE
from lga.tables.experiments.matching import match
from lga.tables.statistics import Estimate, Paired, compare_paired, estimate, holm, seeds_needed
from lga.tables.studies.study import Study
from lga.tables.verdicts import ALPHA

Cell = tuple[str, str, str]
LEAST_OF_INTEREST = 1.0  # points; how many seeds would show a change of this size is told


@dataclass(frozen=True)
class Row:
    """One attention on one dataset and network.

    Attributes:
        attention: its name.
        runs: one a seed; empty where none ran.
        metric: the one that the task is judged by.
        ours: its mean and interval, percent; None where none ran.
        gain: over none, points; None for none itself and where no seed has both.
        p: of the gain, adjusted; None where there is no spread to test against.
    """

    attention: str
    runs: Sequence[CollectedRun]
    metric: str
    ours: Estimate | None = None
    gain: Paired | None = None
    p: float | None = None

    @property
    def word(self) -> str:
        """What can be said of the gain."""
        if self.gain is None:
            return "-"
        if self.p is None:
            return "too few seeds"
        if self.p >= ALPHA:
            return "no change found"
        return "gain" if self.gain.difference.mean > 0 else "loss"

    @property
    def seeds_for_a_point(self) -> int | None:
        """Pairs of seeds that would find a change of `LEAST_OF_INTEREST` in four of five studies."""
        if self.gain is None or not self.gain.spread:
            return None
        return seeds_needed(LEAST_OF_INTEREST, self.gain.spread)


@dataclass(frozen=True)
class Family:
    """All attentions of a study on one dataset and network, in the order of its grid."""

    dataset: str
    network: str
    rows: tuple[Row, ...]


def families(study: Study, collected: Iterable[CollectedRun]) -> tuple[Family, ...]:
    """Return the study's families, with the runs of them that were collected."""
    grid = experiment_runs(study.name, ["seed=1"])
    matched = match(collected, grid)
    together: dict[tuple[str, str], list[Cell]] = {}
    for run in grid:
        cell = run.cell.dataset, run.cell.backbone, run.cell.attention
        together.setdefault(cell[:2], []).append(cell)
    found = []
    for (dataset, network), cells in together.items():
        trainer = matched.trainer(cells)
        runs = {cell[2]: matched.of(cell, trainer) for cell in cells}
        found.append(Family(dataset, network, _rows(runs)))
    return tuple(found)


def _rows(runs: Mapping[str, Sequence[CollectedRun]]) -> tuple[Row, ...]:
    ran = next((own[0].record for own in runs.values() if own), None)
    metric = ran.monitor.split("/", 1)[-1] if ran else ""
    values = {
        attention: {run.record.cell.seed: run.record.metrics[metric] for run in own}
        for attention, own in runs.items()
    }
    gains = {
        attention: compare_paired(own, values[BASELINE])
        for attention, own in values.items()
        if attention != BASELINE
    }
    p = holm({attention: gain.p for attention, gain in gains.items() if gain and gain.p is not None})
    return tuple(
        Row(
            attention,
            own,
            metric,
            estimate(list(values[attention].values())) if own else None,
            gains.get(attention),
            p.get(attention),
        )
        for attention, own in runs.items()
    )
