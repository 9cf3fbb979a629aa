"""Which finished runs stand in which cell of an experiment.

A run belongs to a cell if its config is the cell's in all but the seed, the trainer and what cannot change a
result. A setting that one of the configs lacks is no difference where it stands at its neutral value
(`lga.config.frozen_run.UNLESS_NULL`, `UNLESS_ONE`); any other is. A run of that
dataset, network and attention with other settings, or on content that was not published, is not averaged in:
it is reported, with what differs. Runs are found by settings and not by who started them, so a cell in two
tables is trained once.

Runs of different trainer settings (`Trainer`: full, or cut to some epochs) are not averaged either, nor are
runs of different start rules: records from before there was `start` stay among themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lga.config.frozen_run import UNLESS_ONE, FrozenRun
from lga.data.classification.published_files import PUBLISHED
from lga.results.collect import CollectedRun
from lga.results.labels import DATASETS, UNSET
from lga.results.origins import one_each
from lga.results.published import Cell
from lga.results.scales import SCALES, Scale
from lga.results.settings import distinctions, flatten, recipe, without
from lga.system.digests import digest

Names = tuple[str, ...]  # a cell's, then its value on each axis of a grid that has further ones


@dataclass(frozen=True)
class Trainer:
    """How runs were trained: scale, a hash of the settings of ``trainer`` that change results, start rule."""

    scale: Scale
    settings: str
    start: str | None


@dataclass(frozen=True)
class OtherRun:
    """A finished run of a cell's names with other settings or data."""

    run: CollectedRun
    difference: str


@dataclass(frozen=True)
class Matched:
    """Finished runs by cell and trainer, one a seed, and those with other settings or data."""

    runs: Mapping[Names, Mapping[Trainer, Sequence[CollectedRun]]]
    others: Sequence[OtherRun]

    def of(self, cell: Names, trainer: Trainer | None) -> Sequence[CollectedRun]:
        """Return the cell's runs of a trainer, sorted by seed."""
        return self.runs.get(cell, {}).get(trainer, ()) if trainer else ()

    def trainer(self, cells: Iterable[Names]) -> Trainer | None:
        """Of the most telling scale that the cells ran at, the trainer of most runs; None where none ran.

        Of as many runs those count that know their start rule.
        """
        counts: Counter[Trainer] = Counter()
        for cell in cells:
            counts.update({trainer: len(runs) for trainer, runs in self.runs.get(cell, {}).items()})
        ranked = sorted(
            counts, key=lambda t: (SCALES.index(t.scale), -counts[t], t.start is None, t.settings)
        )
        return ranked[0] if ranked else None


def cell_names(run: FrozenRun) -> Cell:
    """Dataset, model and attention, as published rows name them."""
    return run.cell.dataset, run.cell.backbone, run.cell.attention


def axis_values(config: Mapping[str, object], axes: Sequence[str]) -> Names:
    """Return the config's values of settings named with dots, as text."""
    settings = {**dict.fromkeys(UNLESS_ONE, 1), **dict(flatten(config))}
    values = (settings.get(axis, UNSET) for axis in axes)
    return tuple(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def match(collected: Iterable[CollectedRun], grid: Iterable[FrozenRun], axes: Sequence[str] = ()) -> Matched:
    """Sort the finished runs of the grid's cells into them.

    Of several finished runs of one cell, trainer and seed one counts, of the machine and code that most of
    the dataset's and network's are of (`one_each`). `axes` are the settings, beside names, in which the
    grid's cells differ.
    """
    cells = {(*cell_names(run), *axis_values(run.config, axes)): _settings(run.config) for run in grid}
    found: defaultdict[object, list[tuple[tuple[Names, int], CollectedRun]]] = defaultdict(list)
    others = []
    for run in sorted(collected, key=lambda run: run.record.ended):
        names = run.record.cell
        values = axis_values(run.record.config, axes)
        cell = names.dataset, names.backbone, names.attention, *values
        if run.record.status != "finished" or cell not in cells:
            continue
        settings = _settings(run.record.config)
        differences = [] if settings == cells[cell] else distinctions([settings, cells[cell]])[:1]
        if unpublished := _unpublished_files(run):
            differences.append(f"not the published content: {', '.join(unpublished)}")
        if differences:
            others.append(OtherRun(run, "; ".join(differences)))
        else:
            found[cell[:2], values, _trainer(run)].append(((cell, names.seed), run))
    runs: dict[Names, dict[Trainer, list[CollectedRun]]] = {cell: {} for cell in cells}
    for candidates in found.values():
        for (cell, _), run in sorted(one_each(candidates).items(), key=lambda item: item[0]):
            runs[cell].setdefault(_trainer(run), []).append(run)
    return Matched(runs, others)


def _unpublished_files(run: CollectedRun) -> list[str]:
    """Return the published files that the run's record does not name; none where none are published."""
    data = run.record.data
    files = PUBLISHED.get(DATASETS.get(run.record.cell.dataset, ""), ())
    return [file.name for file in files if data is None or data.files.get(file.name) != file.sha256]


def _settings(config: Mapping[str, object]) -> dict[str, object]:
    return without(recipe(config), "trainer", "start")


def _trainer(run: CollectedRun) -> Trainer:
    settings = {
        name: value for name, value in recipe(run.record.config).items() if name.startswith("trainer.")
    }
    return Trainer(run.scale, digest(settings), run.record.config.get("start"))
