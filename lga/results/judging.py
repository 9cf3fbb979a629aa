"""Judge what an experiment's runs gave, against the reference and against published numbers.

Within one family all numbers are of one trainer, of the most telling scale that anything ran at: a gain is
not taken between a full run and a smoke run. The spread is pooled over all cells of a data set, network and
recipe, whichever experiment of those judged together they belong to; intervals and p values are adjusted
over the rows of a family and, where an experiment has several families of one data set and network, over
those.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lga.config.frozen_run import FrozenRun, is_neutral
from lga.config.grid import experiment_runs
from lga.results.audited import kept_audit
from lga.results.claims import Claim, claims
from lga.results.collect import CollectedRun
from lga.results.experiments import RELEASED, Experiment
from lga.results.families import Family, Number, Results, Row
from lga.results.gains import compare_gains
from lga.results.labels import block_label
from lga.results.looks import level_at, planned_in
from lga.results.matching import Matched, Names, Trainer, axis_values, cell_names, match
from lga.results.published import Cell, PublishedRow, published_number
from lga.results.settings import distinctions, recipe, without
from lga.results.verdicts import judge_number
from lga.system.digests import digest

VARIANT = "lga_variant"  # each part of the block is a setting; at their defaults it is the released one
NO_OVERRIDES: Mapping[str, Sequence[str]] = {}
CHOICES = ("seed", "dataset", "backbone", "attention", "trainer")  # which pages show anyway


def judge(
    experiment: Experiment,
    collected: Iterable[CollectedRun],
    overrides: Sequence[str] = (),
    looks: Sequence[int] = (),
) -> Results:
    """Judge one experiment by itself."""
    return judge_together((experiment,), collected, {experiment.name: overrides}, looks)[0]


def judge_together(
    experiments: Iterable[Experiment],
    collected: Iterable[CollectedRun],
    overrides: Mapping[str, Sequence[str]] = NO_OVERRIDES,
    looks: Sequence[int] = (),
) -> tuple[Results, ...]:
    """Judge experiments whose cells of one data set, network and recipe share their spread.

    Args:
        experiments: in the order of their results.
        collected: runs; those of no experiment are left out.
        overrides: of the sweeps, by the experiment's name.
        looks: planned numbers of seeds; else those that a family's compared runs, or the experiment, name.
    """
    runs = list(collected)
    sorted_in = [_sort_in(one, runs, overrides.get(one.name, ())) for one in experiments]
    pools: dict[str, dict[str, Mapping[int, float]]] = defaultdict(dict)
    for results in sorted_in:
        for family in results.families:
            pools[family.recipe] |= {row.attention: row.values for row in family.rows if row.runs}
    return tuple(_compared(results, pools, tuple(looks)) for results in sorted_in)


def _compared(
    results: Results, pools: Mapping[str, Mapping[str, Mapping[int, float]]], given: tuple[int, ...]
) -> Results:
    """Return the results with gains, and with claims where there are published rows."""
    tested = Counter(
        (f.dataset, f.network) for f in results.families if sum(bool(r.runs) for r in f.rows) > 1
    )
    found = []
    for family in results.families:
        rows = [row.attention for row in family.rows]
        own = [
            run for row in family.rows if row.attention != results.experiment.reference for run in row.runs
        ]
        named = planned_in(text for run in own for text in run.record.overrides)
        looks = given or named or results.experiment.looks
        seeds = min((len(row.runs) for row in family.rows if row.runs), default=0)
        level = level_at(seeds, looks) / max(1, tested[family.dataset, family.network])
        compared = compare_gains(pools[family.recipe], results.experiment.reference, rows, level)
        noise = compared.spread.noise if compared.spread else None
        published = [row.published for row in family.rows if row.published and results.experiment.judged]
        claimed = claims(published, compared.gains, family.scale or "full", noise)
        made: dict[str, Claim] = {claim.row.attention: claim for claim in claimed}
        gained = []
        for row in family.rows:
            gain, overall = compared.gains.get(row.attention), compared.overall.get(row.attention)
            gained.append(replace(row, gain=gain, overall=overall, claim=made.get(row.attention)))
        found.append(replace(family, rows=tuple(gained), spread=compared.spread, looks=looks))
    return replace(results, families=tuple(found))


def _sort_in(experiment: Experiment, collected: Sequence[CollectedRun], overrides: Sequence[str]) -> Results:
    """Put what was collected into the experiment's rows.

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
        {row.cell: row for row in experiment.published_cells} if experiment.published else rows,
        _block_labels(experiment, grid, overrides),
    )
    together: dict[Names, list[Names]] = defaultdict(list)
    for names in rows or composed:
        together[(*names[:2], *names[3:])].append(names)
    families = [made.family(cells) for cells in together.values()]
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
        """Return the family of these cells."""
        trainer = self.matched.trainer(cells)
        runs = {names: self.matched.of(names, trainer) for names in cells}
        ran = next((names for names in cells if runs[names]), None)
        monitor = runs[ran][0].record.monitor.split("/", 1)[-1] if ran else ""
        rows = [self._row(names, runs[names], monitor) for names in cells]
        return Family(
            dataset=cells[0][0],
            network=cells[0][1],
            axes=dict(zip(self.experiment.axes, cells[0][3:], strict=True)),
            rows=tuple(rows),
            scale=trainer.scale if trainer else None,
            start=trainer.start if trainer else None,
            changes=_trainer_changes(runs[ran][0], self.composed[ran]) if ran else "",
            recipe=_recipe(self.composed[ran], trainer) if ran else "",
        )

    def _row(self, names: Names, runs: Sequence[CollectedRun], monitor: str) -> Row:
        cell, run = (names[0], names[1], names[2]), self.composed.get(names)
        row = self.published.get(cell)
        metrics = row.metrics if row else (monitor,)
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
        published, scale = published_number(row, metric), runs[0].scale if runs else "full"
        if published is None or not self.experiment.judged:
            return Number(metric, values, published)
        verdict = judge_number(published, values, scale, row.decimals)
        return Number(metric, values, published, verdict, row.decimals)


def _block_labels(
    experiment: Experiment, grid: Sequence[FrozenRun], overrides: Sequence[str]
) -> dict[Cell, str]:
    """Return a name of each variant of the block: the settings in which it differs from the released one."""
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


def _recipe(cell: FrozenRun, trainer: Trainer | None) -> str:
    """Return a hash of all that a cell's runs have in common with those of other attentions."""
    shared = without(recipe(cell.config), "attention", "trainer", "start")
    return digest({**shared, "dataset": cell.cell.dataset, "trained": str(trainer)})


def _trainer_changes(run: CollectedRun, cell: FrozenRun) -> str:
    """Return what of the trainer's settings that may change results is not the sweep's."""
    settings, asked = recipe(run.record.config), recipe(cell.config)
    shown = "trainer.scale"  # beside every number
    own = {name: settings[name] for name in settings if name.startswith("trainer.") and name != shown}
    return distinctions([own, {name: asked.get(name) for name in own}])[0]


def _counts(row: PublishedRow, runs: Sequence[CollectedRun]) -> str:
    """`equal`, why the published counts are another network's, or `unexplained`."""
    record = runs[0].record
    if row.parameters_text:  # another paper's, whose FLOPs are counted who knows how
        classes = len(record.config["dataset"]["class_names"])
        if row.num_classes not in (None, classes):
            return f"not compared: of {classes} classes, published of {row.num_classes}"
        found = row.count_of(record.parameters or 0) or "unexplained"
        return found if found in ("equal", "unexplained") else f"explained: {found}"
    if row.parameters is None or row.gflops is None:
        return "-"
    if record.parameters == row.parameters and f"{record.gflops_paper or 0:.1f}" == f"{row.gflops:.1f}":
        return "equal"
    audit = kept_audit()
    audited = audit.of(row) if audit else None
    if not audited or not audited.explanation or audited.counts.parameters != record.parameters:
        return "unexplained"
    return f"explained: {audited.explanation.name}"
