"""What an experiment's runs gave: every attention of a dataset and network beside the reference, judged.

Within one family all numbers are of one trainer, of the most telling scale that anything ran at: a gain is
not taken between a full run and a smoke run. Gains are paired by seed, with Holm's correction over those of
one dataset and network.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from lga.config.frozen_run import FrozenRun, is_neutral
from lga.config.grid import experiment_runs
from lga.results.audited import kept_audit
from lga.results.claims import Claim, claims
from lga.results.collect import CollectedRun
from lga.results.experiments import RELEASED, SCALE, SHARE, Experiment
from lga.results.labels import block_label, name_of
from lga.results.matching import Matched, Names, OtherRun, axis_values, cell_names, match
from lga.results.published import Cell, PublishedRow, load_published, measured_metrics, published_number
from lga.results.scales import Scale
from lga.results.settings import distinctions, recipe
from lga.results.statistics import Estimate, Paired, compare_paired, estimate, holm, seeds_needed
from lga.results.verdicts import ALPHA, Verdict, Word, judge_number

VARIANT = "lga_variant"  # each part of the block is a setting; at their defaults it is the released one
LEAST_OF_INTEREST = 1.0  # points; how many seeds would show a change of this size is told
CHOICES = (
    "seed",
    "dataset",
    "backbone",
    "attention",
    "trainer",
)  # of cells and scale, which pages tell anyway


@dataclass(frozen=True)
class Number:
    """One metric of one row, percent.

    Attributes:
        metric: as records name it; empty where nothing tells.
        values: ours by seed.
        published: the published one, if there is one.
        verdict: on ours, where they are held against it.
    """

    metric: str
    values: Mapping[int, float]
    published: float | None = None
    verdict: Verdict | None = None

    @cached_property
    def ours(self) -> Estimate | None:
        """Mean and interval; None where none ran."""
        return estimate(list(self.values.values())) if self.values else None


@dataclass(frozen=True)
class Row:
    """One attention on one dataset and network.

    Attributes:
        attention: its name.
        label: for people; of a variant of the block what is varied.
        runs: one a seed; empty where none ran.
        numbers: of each metric, that which the task is judged by first.
        block: the attention's settings; empty where no grid was composed.
        published: the published row, if the experiment is held against one or shows it.
        gain: over the reference, points; None for the reference itself and where no seed has both.
        p: of the gain, adjusted; None where there is no spread to test against.
        claim: what is published of the gain, judged.
        counts: how parameters and GFLOPs stand to the published; None where none ran.
    """

    attention: str
    label: str
    runs: Sequence[CollectedRun]
    numbers: tuple[Number, ...]
    block: Mapping[str, Any] = field(default_factory=dict)
    published: PublishedRow | None = None
    gain: Paired | None = None
    p: float | None = None
    claim: Claim | None = None
    counts: str | None = None

    @property
    def metric(self) -> str:
        """The one that the task is judged by."""
        return self.numbers[0].metric

    @property
    def values(self) -> Mapping[int, float]:
        """That metric by seed."""
        return self.numbers[0].values

    @property
    def ours(self) -> Estimate | None:
        """Its mean and interval."""
        return self.numbers[0].ours

    @property
    def verdict(self) -> Verdict | None:
        """On that metric."""
        return self.numbers[0].verdict

    @property
    def scale(self) -> Scale | None:
        """Of the runs; None where none ran."""
        return self.runs[0].scale if self.runs else None

    @property
    def word(self) -> str:
        """What can be said of the gain."""
        if self.gain is None:
            return "-"
        if self.p is None:
            return "too few seeds" if self.gain.difference.n < 2 else "equal in all seeds"
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
    """All attentions of an experiment on one dataset and network, in the order of its grid.

    Attributes:
        dataset: its name.
        network: name of the backbone, or of the published model.
        axes: values of the experiment's further axes.
        rows: the attentions.
        scale: of the runs; None where none ran.
        start: the rule that drew their first weights; None where none ran, and of old runs.
        changes: settings of the trainer that are not those of the sweep, as text.
    """

    dataset: str
    network: str
    axes: Mapping[str, str]
    rows: tuple[Row, ...]
    scale: Scale | None = None
    start: str | None = None
    changes: str = ""

    @property
    def place(self) -> str:
        """Dataset, network and axes, for people."""
        names = f"{name_of(self.dataset)} with {name_of(self.network)}"
        return ", ".join([names, *(axis_text(*axis) for axis in self.axes.items())])

    def row(self, attention: str) -> Row | None:
        """The row of that attention, if there is one."""
        return next((row for row in self.rows if row.attention == attention), None)


@dataclass(frozen=True)
class Results:
    """All families of an experiment.

    Attributes:
        experiment: what was run.
        families: in the order of its grid.
        others: finished runs of its cells with other settings or data.
        changes: overrides of the sweep that may change results.
    """

    experiment: Experiment
    families: tuple[Family, ...]
    others: Sequence[OtherRun] = ()
    changes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Of all families."""
        return tuple(row for family in self.families for row in family.rows)

    @property
    def runs(self) -> tuple[CollectedRun, ...]:
        """Every run that is shown."""
        return tuple(run for row in self.rows for run in row.runs)

    @property
    def ran(self) -> int:
        """Rows with a finished run."""
        return sum(bool(row.runs) for row in self.rows)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """Of the runs, in the order of the rows."""
        return tuple(dict.fromkeys(row.scale for row in self.rows if row.scale))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What was published of the gains, judged."""
        return tuple(row.claim for row in self.rows if row.claim)

    @property
    def verdicts(self) -> Mapping[Word, int]:
        """How many rows have each verdict."""
        found = Counter(row.verdict.word for row in self.rows if row.verdict)
        return {word: found[word] for word in Word}


def axis_text(axis: str, value: str) -> str:
    """A value of an axis in words."""
    if axis == SHARE:
        return f"{100 * float(value):g} % of the training images"
    return f"scale {value}" if axis == SCALE else f"{axis}={value}"


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
