"""Which finished runs stand in which cell of an experiment.

A run belongs to a cell if its config is the cell's in all but the seed, the trainer and what cannot change a
result. A setting that the run's config does not know did not exist yet when it ran: new settings come with
the default that leaves results as they were. A run of that dataset, network and attention with other settings
is not averaged in: it is told, with what differs. Runs are found by settings and not by who started them, so
a cell that stands in two tables is trained once.

Runs of different trainer settings (`Trainer`: full, or cut to so many epochs) are not averaged either.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lga.run.identity import FrozenRun
from lga.run.record import Scale
from lga.tables.collect import CollectedRun
from lga.tables.published import Cell
from lga.tables.settings import digest, distinctions, recipe, without

SCALES: tuple[Scale, ...] = ("full", "reduced", "embedded", "smoke")  # the most telling first


@dataclass(frozen=True)
class Trainer:
    """How runs were trained: their scale, and a hash of the settings of ``trainer`` that change results."""

    scale: Scale
    settings: str


@dataclass(frozen=True)
class OtherRun:
    """A finished run of a cell's names with other settings."""

    run: CollectedRun
    difference: str


@dataclass(frozen=True)
class Matched:
    """Finished runs by cell and trainer, one a seed, and those with other settings."""

    runs: Mapping[Cell, Mapping[Trainer, Sequence[CollectedRun]]]
    others: Sequence[OtherRun]

    def of(self, cell: Cell, trainer: Trainer | None) -> Sequence[CollectedRun]:
        """The cell's runs of a trainer, sorted by seed."""
        return self.runs.get(cell, {}).get(trainer, ()) if trainer else ()

    def trainer(self, cells: Iterable[Cell]) -> Trainer | None:
        """Of the most telling scale that the cells ran at, the trainer of most runs; None where none ran."""
        counts: Counter[Trainer] = Counter()
        for cell in cells:
            counts.update({trainer: len(runs) for trainer, runs in self.runs.get(cell, {}).items()})
        ranked = sorted(counts, key=lambda t: (SCALES.index(t.scale), -counts[t], t.settings))
        return ranked[0] if ranked else None


def cell_names(run: FrozenRun) -> Cell:
    """Dataset, model and attention, as published rows name them."""
    return run.cell.dataset, run.cell.backbone, run.cell.attention


def match(collected: Iterable[CollectedRun], grid: Iterable[FrozenRun]) -> Matched:
    """Sort the finished runs of the grid's cells into them.

    Of several finished runs of one cell, trainer and seed the last to end counts.
    """
    cells = {cell_names(run): _settings(run.config) for run in grid}
    found: dict[Cell, defaultdict[Trainer, dict[int, CollectedRun]]] = {
        cell: defaultdict(dict) for cell in cells
    }
    others = []
    for run in sorted(collected, key=lambda run: run.record.ended):
        names = run.record.cell
        cell = names.dataset, names.backbone, names.attention
        if run.record.status != "finished" or cell not in cells:
            continue
        settings = _settings(run.record.config)
        if all(name in cells[cell] and cells[cell][name] == value for name, value in settings.items()):
            found[cell][_trainer(run)][names.seed] = run
        else:
            others.append(OtherRun(run, distinctions([settings, cells[cell]])[0]))
    runs = {
        cell: {trainer: [by_seed[seed] for seed in sorted(by_seed)] for trainer, by_seed in trained.items()}
        for cell, trained in found.items()
    }
    return Matched(runs, others)


def _settings(config: Mapping[str, object]) -> dict[str, object]:
    return without(recipe(config), "trainer")


def _trainer(run: CollectedRun) -> Trainer:
    settings = {
        name: value for name, value in recipe(run.record.config).items() if name.startswith("trainer.")
    }
    return Trainer(run.record.scale, digest(settings))
