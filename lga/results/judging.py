"""Judge what an experiment's runs gave, against the reference and against published numbers.

Within one family all numbers are of one trainer, of the most telling scale that anything ran at: a gain is
not taken between a full run and a smoke run. Gains are paired by seed, with Holm's correction over those of
one dataset and network.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lga.config.frozen_run import FrozenRun, is_neutral
from lga.config.grid import experiment_runs
from lga.results.audited import kept_audit
from lga.results.claims import claims
from lga.results.collect import CollectedRun
from lga.results.experiments import RELEASED, Experiment
from lga.results.families import Family, Number, Results, Row
from lga.results.labels import block_label
from lga.results.matching import Matched, Names, axis_values, cell_names, match
from lga.results.published import Cell, PublishedRow, load_published, measured_metrics, published_number
from lga.results.settings import distinctions, recipe
from lga.results.statistics import compare_paired, holm
from lga.results.verdicts import judge_number

VARIANT = "lga_variant"  # each part of the block is a setting; at their defaults it is the released one
CHOICES = (
    "seed",
    "dataset",
    "backbone",
    "attention",
    "trainer",
)  # of cells and scale, which pages show anyway


def judge(
    experiment: Experiment, collected: Iterable[CollectedRun], overrides: Sequence[str] = ()
) -> Results:
    """Put what was collected into the experiment's rows, and judge it.

    ``overrides`` change the sweep: runs with them stand in its cells, others do not. An experiment that is
    held against published rows has those, and its grid is composed only where something of them ran.
    """
    rows = {row.cell: row for row in experiment.rows}
    own = [run for run in collected if not rows or _names(run) in rows]
    grid = experiment_runs(experiment.name, [*overrides, "seed=1"]) if own or not rows else ()
    composed = {(*cell_names(run), *axis_values(run.config, experiment.axes)): run for run in grid}
    made = _Maker(
        experiment,
        composed,
        match(own, grid, experiment.axes),
        {row.cell: row for row in load_published()} if experiment.published else rows,
        _block_labels(experiment, grid, overrides),
    )
    together: dict[Names, list[Names]] = defaultdict(list)
    for names in rows or composed:
        together[(*names[:2], *names[3:])].append(names)
    families = _adjusted([made.family(cells) for cells in together.values()])
    if rows:
        families = [_with_claims(family) for family in families]
    return Results(experiment, tuple(families), made.matched.others, _changed(overrides))


def _changed(overrides: Sequence[str]) -> tuple[str, ...]:
    """Return those that may change results, less the choice of cells."""
    keys = {override: override.split("=")[0] for override in overrides}
    return tuple(text for text, key in keys.items() if not is_neutral(key) and key not in CHOICES)


def _names(run: CollectedRun) -> Cell:
    cell = run.record.cell
    return cell.dataset, cell.backbone, cell.attention


@dataclass(frozen=True)
class _Maker:
    """Makes an experiment's families of its composed grid, its matched runs and the published rows."""

    experiment: Experiment
    composed: Mapping[Names, FrozenRun]
    matched: Matched
    published: Mapping[Cell, PublishedRow]
    labels: Mapping[Cell, str]

    def family(self, cells: Sequence[Names]) -> Family:
        """The family of these cells."""
        trainer = self.matched.trainer(cells)
        runs = {names: self.matched.of(names, trainer) for names in cells}
        ran = next((names for names in cells if runs[names]), None)
        monitor = runs[ran][0].record.monitor.split("/", 1)[-1] if ran else ""
        rows = [self._row(names, runs[names], monitor) for names in cells]
        reference = next((row.values for row in rows if row.attention == self.experiment.reference), {})
        return Family(
            dataset=cells[0][0],
            network=cells[0][1],
            axes=dict(zip(self.experiment.axes, cells[0][3:], strict=True)),
            rows=tuple(self._compared(row, reference) for row in rows),
            scale=trainer.scale if trainer else None,
            start=trainer.start if trainer else None,
            changes=_trainer_changes(runs[ran][0], self.composed[ran]) if ran else "",
        )

    def _row(self, names: Names, runs: Sequence[CollectedRun], monitor: str) -> Row:
        cell, run = (names[0], names[1], names[2]), self.composed.get(names)
        row = self.published.get(cell)
        metrics = measured_metrics(row.task) if row else (monitor,)
        return Row(
            attention=names[2],
            label=self.labels.get(cell, names[2]),
            runs=runs,
            numbers=tuple(self._number(metric, row, runs) for metric in metrics),
            block=run.config["attention"]["block"] if run else {},
            published=row,
            counts=_counts(row, runs) if row and runs and self.experiment.judged else None,
        )

    def _number(self, metric: str, row: PublishedRow | None, runs: Sequence[CollectedRun]) -> Number:
        values = {
            run.record.cell.seed: run.record.metrics[metric] for run in runs if metric in run.record.metrics
        }
        if row is None:
            return Number(metric, values)
        published = published_number(row, metric)
        if not self.experiment.judged:
            return Number(metric, values, published)
        scale = runs[0].scale if runs else "full"
        return Number(metric, values, published, judge_number(published, values, metric, scale))

    def _compared(self, row: Row, reference: Mapping[int, float]) -> Row:
        if row.attention == self.experiment.reference:
            return row
        return replace(row, gain=compare_paired(row.values, reference))


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


def _with_claims(family: Family) -> Family:
    values = {row.published: row.values for row in family.rows if row.published}
    made = {claim.row: claim for claim in claims(values, family.scale or "full")}
    rows = (replace(row, claim=made.get(row.published)) if row.published else row for row in family.rows)
    return replace(family, rows=tuple(rows))


def _block_labels(
    experiment: Experiment, grid: Sequence[FrozenRun], overrides: Sequence[str]
) -> dict[Cell, str]:
    """What each variant of the block is called: the settings in which it differs from the released one."""
    if experiment.reference != RELEASED:
        return {}
    chosen = experiment_runs(experiment.name, [*overrides, f"attention={VARIANT}", "seed=1"])
    released = {cell_names(run)[:2]: run.config["attention"]["block"] for run in chosen}
    labels = {}
    for run in grid:
        own, theirs = run.config["attention"]["block"], released[cell_names(run)[:2]]
        if own["_target_"] == theirs["_target_"]:
            labels[cell_names(run)] = block_label(own, theirs) or run.cell.attention
    return labels


def _trainer_changes(run: CollectedRun, cell: FrozenRun) -> str:
    """What of the trainer's settings that may change results is not the sweep's."""
    settings, asked = recipe(run.record.config), recipe(cell.config)
    told = "trainer.scale"  # beside every number
    own = {name: settings[name] for name in settings if name.startswith("trainer.") and name != told}
    return distinctions([own, {name: asked.get(name) for name in own}])[0]


def _counts(row: PublishedRow, runs: Sequence[CollectedRun]) -> str:
    """`equal`, why the published counts are another network's, or `unexplained`."""
    record = runs[0].record
    if record.parameters == row.parameters and f"{record.gflops_paper or 0:.1f}" == f"{row.gflops:.1f}":
        return "equal"
    audit = kept_audit()
    audited = audit.of(row) if audit else None
    if not audited or not audited.explanation or audited.counts.parameters != record.parameters:
        return "unexplained"
    return f"explained: {audited.explanation.name}"
