"""Each attention of a study against its reference, paired by seed, with Holm's correction over them.

Whether a study's gains depend on an axis of its grid: the gain at one end against that at the other.

Both gains are of the same seeds, so their difference is paired by seed; Holm's correction is over all of a
study's differences on one dataset and network.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lga.config.frozen_run import FrozenRun
from lga.config.grid import experiment_runs
from lga.results.collect import CollectedRun
from lga.results.matching import Matched, Names, axis_values, cell_names, match
from lga.results.published import Cell
from lga.results.settings import distinctions, recipe
from lga.results.statistics import Paired, compare_paired, estimate, holm
from lga.results.studies.family import Family, Row, block_label
from lga.results.studies.studies import RELEASED, Study
from lga.results.verdicts import ALPHA

VARIANT = "lga_variant"  # each part of the block is a setting; at their defaults it is the released one


def families(
    study: Study, collected: Iterable[CollectedRun], overrides: Sequence[str] = ()
) -> tuple[Family, ...]:
    """Return the study's families, with the runs of them that were collected.

    ``overrides`` change the sweep: runs with them stand in its cells, others do not.
    """
    grid = experiment_runs(study.name, [*overrides, "seed=1"])
    labels = _labels(study, grid, overrides)
    matched = match(collected, grid, study.axes)
    together: dict[Names, dict[Names, FrozenRun]] = defaultdict(dict)
    for run in grid:
        names, values = cell_names(run), axis_values(run.config, study.axes)
        together[(*names[:2], *values)][(*names, *values)] = run
    found = [_family(study, cells, matched, labels) for cells in together.values()]
    return tuple(_adjusted(found))


def _family(
    study: Study, cells: Mapping[Names, FrozenRun], matched: Matched, labels: Mapping[Cell, str]
) -> Family:
    trainer = matched.trainer(cells)
    runs = {names: matched.of(names, trainer) for names in cells}
    ran = next((own[0] for own in runs.values() if own), None)
    metric = ran.record.monitor.split("/", 1)[-1] if ran else ""
    rows = [
        Row(run.cell.attention, labels.get(cell_names(run), run.cell.attention),
            run.config["attention"]["block"], runs[names], metric)
        for names, run in cells.items()
    ]  # fmt: skip
    reference = next((row.values for row in rows if row.attention == study.reference), {})
    first = next(iter(cells.values()))
    return Family(
        dataset=first.cell.dataset,
        network=first.cell.backbone,
        axes=dict(zip(study.axes, axis_values(first.config, study.axes), strict=True)),
        rows=tuple(_compared(row, study.reference, reference) for row in rows),
        scale=trainer.scale if trainer else None,
        start=trainer.start if trainer else None,
        changes=_changes(ran, first) if ran else "",
    )


def _compared(row: Row, reference: str, values: Mapping[int, float]) -> Row:
    ours = estimate(list(row.values.values())) if row.runs else None
    gain = None if row.attention == reference else compare_paired(row.values, values)
    return replace(row, ours=ours, gain=gain)


def _adjusted(found: Sequence[Family]) -> list[Family]:
    """The families with p values; those of one dataset and network are corrected together."""
    p_values: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for family in found:
        for row in family.rows:
            if row.gain and row.gain.p is not None:
                p_values[family.dataset, family.network][_test(family, row)] = row.gain.p
    adjusted = {group: holm(values) for group, values in p_values.items()}
    return [
        replace(family, rows=tuple(_with_p(row, family, adjusted) for row in family.rows)) for family in found
    ]


def _with_p(row: Row, family: Family, adjusted: Mapping[tuple[str, str], Mapping[str, float]]) -> Row:
    group = adjusted.get((family.dataset, family.network), {})
    return replace(row, p=group.get(_test(family, row)))


def _test(family: Family, row: Row) -> str:
    return " ".join((*family.axes.values(), row.attention))


def _labels(study: Study, grid: Sequence[FrozenRun], overrides: Sequence[str]) -> dict[Cell, str]:
    """What each variant of the block is called: the settings in which it differs from the released one."""
    if study.reference != RELEASED:
        return {}
    chosen = experiment_runs(study.name, [*overrides, f"attention={VARIANT}", "seed=1"])
    released = {cell_names(run)[:2]: run.config["attention"]["block"] for run in chosen}
    labels = {}
    for run in grid:
        own, theirs = run.config["attention"]["block"], released[cell_names(run)[:2]]
        if own["_target_"] == theirs["_target_"]:
            labels[cell_names(run)] = block_label(own, theirs) or run.cell.attention
    return labels


def _changes(run: CollectedRun, cell: FrozenRun) -> str:
    """What of the trainer's settings that may change results is not the sweep's."""
    settings, asked = recipe(run.record.config), recipe(cell.config)
    told = "trainer.scale"  # beside every number
    own = {name: settings[name] for name in settings if name.startswith("trainer.") and name != told}
    return distinctions([own, {name: asked.get(name) for name in own}])[0]


@dataclass(frozen=True)
class Dependence:
    """How the gain of an attention over the reference changes along an axis.

    Attributes:
        attention: its name.
        axis: that changes; all others stay.
        first, last: the families at its ends, in the order of the grid.
        change: of the gain from the first to the last, points.
        p: of the change, adjusted; None where there is no spread to test against.
    """

    attention: str
    axis: str
    first: Family
    last: Family
    change: Paired
    p: float | None = None

    @property
    def word(self) -> str:
        """What can be said of the change."""
        if self.p is None:
            return "too few seeds"
        if self.p >= ALPHA:
            return "no change found"
        return "grows" if self.change.difference.mean > 0 else "shrinks"


def dependences(study: Study, found: Sequence[Family]) -> tuple[Dependence, ...]:
    """Return the changes along each axis, of every attention that ran at both of its ends."""
    made = []
    for axis in study.axes:
        for line in _lines(axis, found):
            made += _along(study, axis, line[0], line[-1])
    return tuple(_adjusted_dependences(made))


def _lines(axis: str, found: Sequence[Family]) -> list[list[Family]]:
    """The families that differ in that axis alone, for each choice of all else."""
    lines: dict[tuple[str, ...], list[Family]] = defaultdict(list)
    for family in found:
        others = (value for name, value in family.axes.items() if name != axis)
        lines[family.dataset, family.network, *others].append(family)
    return [line for line in lines.values() if len(line) > 1 and _trained(line[0]) == _trained(line[-1])]


def _trained(family: Family) -> tuple[str | None, str | None]:
    return family.scale, family.start


def _along(study: Study, axis: str, first: Family, last: Family) -> list[Dependence]:
    made = []
    for row in first.rows:
        ends = [_gains(family, row.attention, study.reference) for family in (first, last)]
        change = compare_paired(ends[1], ends[0])
        if row.attention != study.reference and change is not None:
            made.append(Dependence(row.attention, axis, first, last, change))
    return made


def _gains(family: Family, attention: str, reference: str) -> Mapping[int, float]:
    """The gain of each seed that both have."""
    ours, base = (family.row(name) for name in (attention, reference))
    if ours is None or base is None:
        return {}
    shared = ours.values.keys() & base.values.keys()
    return {seed: ours.values[seed] - base.values[seed] for seed in shared}


def _adjusted_dependences(made: Sequence[Dependence]) -> list[Dependence]:
    p_values: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for number, one in enumerate(made):
        if one.change.p is not None:
            p_values[one.first.dataset, one.first.network][str(number)] = one.change.p
    p = {number: value for group in p_values.values() for number, value in holm(group).items()}
    return [replace(one, p=p.get(str(number))) for number, one in enumerate(made)]
