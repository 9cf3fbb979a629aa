"""A workspace view for each table, and one report of all of them.

A view has one set of runs, so its groups are dataset, network and attention together. In the report each
dataset and network has a run set of its own, grouped by attention: nothing is averaged but seeds.

Panels compare groups of runs: what the task is judged by, curves, cost, predictions. Each draws one bar, line
or dot for a group, the mean over its runs, which differ in their seed alone.

The whole resolved config goes along with a run. W&B keeps `{"dataset": {"name": "voc2007"}}` under
`dataset.value.name`. Filters need that path in full; groupings and axes are given `dataset.name`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws
from wandb_workspaces import expr

from lga.config.schema import Start
from lga.results.experiments import Experiment
from lga.results.labels import label, unit
from lga.results.published import Task, measured_metrics

REPORT_TITLE = "Local-Global Attention: the paper's tables"
GRID_COLUMNS = 24  # the library's units
ROW_HEIGHT = 8

ATTENTION = "attention.name"
DATASET = "dataset.name"
NETWORK = "backbone.name"
PARAMETERS = "parameters"
PAPER_GFLOPS = "gflops_paper"
SHOWN_PICTURES = 8  # as in `lga.run.callbacks.detection_report`, which takes seconds to import


@dataclass(frozen=True)
class Place:
    """Where on W&B, and which runs: `scale` is their `trainer.scale`."""

    entity: str
    project: str
    scale: str


@dataclass(frozen=True)
class Dashboard:
    """The library's objects, not yet saved."""

    views: tuple[Any, ...]
    report: Any


def build_dashboard(experiments: Iterable[Experiment], place: Place) -> Dashboard:
    """Return a view for each experiment, and the report; asks no server."""
    chosen = tuple(experiments)
    views = tuple(table_view(experiment, place) for experiment in chosen)
    return Dashboard(views, tables_report(chosen, place))


def table_view(experiment: Experiment, place: Place) -> Any:
    """Return the workspace view of an experiment's runs."""
    task = experiment.rows[0].task
    cells = {row.cell for row in experiment.rows}
    grouping = Grouping(None, len(cells))
    columns = [*(f"test/{metric}" for metric in measured_metrics(task)), PARAMETERS, PAPER_GFLOPS]
    pictures = picture_panels(task)
    sections = [
        ws.Section("Judged by", score_panels(task, grouping), is_open=True),
        ws.Section("Curves", curve_panels(task, grouping), is_open=True),
        ws.Section("Cost", cost_panels(task, grouping), is_open=True),
        *([ws.Section("Predictions", pictures, is_open=False)] if pictures else []),
    ]
    return ws.Workspace(
        entity=place.entity,
        project=place.project,
        name=f"{experiment.title} ({place.scale} runs)",
        sections=sections,
        settings=ws.WorkspaceSettings(x_axis="epoch", max_runs=len(cells)),
        runset_settings=ws.RunsetSettings(
            filters=_of_experiment(experiment, place.scale),
            groupby=[ws.Config(DATASET), ws.Config(NETWORK), ws.Config(ATTENTION)],
            pinned_columns=[f"summary:{column}" for column in columns],
        ),
    )


def tables_report(experiments: Iterable[Experiment], place: Place) -> Any:
    """Return the report: a heading for each experiment, a grid for each of its datasets and networks."""
    blocks = [
        wr.P(
            f"Runs of scale {place.scale}, each bar and line the mean over seeds. W&B averages whatever "
            "carries a table's group; verdicts, intervals and paired tests are made from the run records "
            "(make dashboard)."
        ),
        wr.TableOfContents(),
    ]
    for experiment in experiments:
        blocks.append(wr.H1(experiment.title))
        for dataset, network in dict.fromkeys((row.dataset, row.model) for row in experiment.rows):
            blocks += [wr.H2(f"{dataset}, {network}"), _grid(experiment, dataset, network, place.scale)]
    return wr.Report(
        entity=place.entity,
        project=place.project,
        title=f"{REPORT_TITLE} ({place.scale} runs)",
        description="Attentions compared, dataset by dataset.",
        blocks=blocks,
        width="fluid",
    )


def _grid(experiment: Experiment, dataset: str, network: str, scale: str) -> Any:
    """Return the comparison of attentions on one dataset in one network, in the report's own project."""
    task = experiment.rows[0].task
    attentions = [row.attention for row in experiment.rows if (row.dataset, row.model) == (dataset, network)]
    grouping = Grouping(ATTENTION, len(attentions))
    own = (
        expr.Config(_stored(DATASET)) == dataset,
        expr.Config(_stored(NETWORK)) == network,
    )
    return wr.PanelGrid(
        runsets=[
            wr.Runset(
                name=f"{experiment.name}: {dataset}, {network}",
                filters=_of_experiment(experiment, scale, *own),
                groupby=[f"config.{ATTENTION}"],
            )
        ],
        panels=placed(
            [
                score_panels(task, grouping),
                curve_panels(task, grouping),
                cost_panels(task, grouping),
                picture_panels(task),
            ]
        ),
    )


def _of_experiment(experiment: Experiment, scale: str, *more: Any) -> Any:
    group = expr.Metric("Group") == experiment.name
    trained = (
        expr.Config(_stored("trainer.scale")) == scale,
        expr.Config(_stored("start")) == Start.by_slot.name,
    )
    return expr.And(group, *trained, *more)


def _stored(setting: str) -> str:
    """Return the path under which W&B keeps a setting of the config."""
    group, *names = setting.split(".")
    return ".".join((group, "value", *names))


@dataclass(frozen=True)
class Grouping:
    """How a panel forms groups: by one setting, or (None) as its run set does; at most `groups` are drawn."""

    setting: str | None
    groups: int

    @property
    def by(self) -> Any:
        """The setting as the library names it."""
        return None if self.setting is None else wr.Config(self.setting)


def score_panels(task: Task, grouping: Grouping) -> list[Any]:
    """Return a bar chart for each metric that the task is judged by, on the test split."""
    return [
        _bars(f"test/{metric}", f"{label(metric)} on the test split", unit(metric), grouping)
        for metric in measured_metrics(task)
    ]


def curve_panels(task: Task, grouping: Grouping) -> list[Any]:
    """Return the same metrics on the split that selects the epoch, and the training loss, by epoch."""
    metrics = measured_metrics(task)
    curves = [(f"val/{metric}", label(metric), unit(metric)) for metric in metrics]
    return [_curve(*curve, grouping) for curve in [*curves, ("train/loss", "training loss", "")]]


def cost_panels(task: Task, grouping: Grouping) -> list[Any]:
    """Parameters, GFLOPs by the paper's convention and truly, and the first metric against the cost."""
    metric = measured_metrics(task)[0]
    against = wr.ScatterPlot(
        title=f"{label(metric)} against GFLOPs (the paper's convention)",
        x=wr.SummaryMetric(PAPER_GFLOPS),
        y=wr.SummaryMetric(f"test/{metric}"),
    )
    return [
        _bars(PARAMETERS, "parameters", "", grouping),
        _bars(PAPER_GFLOPS, "GFLOPs, the paper's convention", "GFLOPs", grouping),
        _bars("gflops", "GFLOPs of one image", "GFLOPs", grouping),
        against,
    ]


def picture_panels(task: Task) -> list[Any]:
    """Return a detector's pictures, true boxes beside found ones; none for a classifier."""
    if task != "detection":
        return []
    return [
        wr.MediaBrowser(
            title="true boxes, and those found",
            media_keys=[f"pictures/{number}" for number in range(SHOWN_PICTURES)],
            num_columns=4,
            gallery_axis="run",
        )
    ]


def placed(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """All panels, each row as wide as the grid, its panels sharing the width."""
    full = [row for row in rows if row]
    for number, row in enumerate(full):
        width = GRID_COLUMNS // len(row)
        for column, panel in enumerate(row):
            panel.layout = wr.Layout(x=column * width, y=number * ROW_HEIGHT, w=width, h=ROW_HEIGHT)
    return [panel for row in full for panel in row]


def _bars(metric: str, title: str, units: str, grouping: Grouping) -> Any:
    return wr.BarPlot(
        title=f"{title}, mean over seeds",
        metrics=[metric],
        title_x=units or None,
        groupby=grouping.by,
        groupby_aggfunc="mean",
        groupby_rangefunc="stddev",
        max_runs_to_show=grouping.groups,
        max_bars_to_show=grouping.groups,
    )


def _curve(metric: str, title: str, units: str, grouping: Grouping) -> Any:
    return wr.LinePlot(
        title=f"{title} by epoch, mean and range over seeds",
        x="epoch",
        y=[metric],
        title_x="epoch, from 0",
        title_y=units or None,
        groupby=grouping.by,
        groupby_aggfunc="mean",
        groupby_rangefunc="minmax",
        max_runs_to_show=grouping.groups,
    )
