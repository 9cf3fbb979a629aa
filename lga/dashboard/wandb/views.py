"""A workspace view for each table, and one report of all of them.

A view has one set of runs, so its groups are dataset, network and attention together. In the report each
dataset and network has a run set of its own, grouped by attention: nothing is averaged but seeds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws
from wandb_workspaces import expr

from lga.config.schema import Start
from lga.dashboard.wandb import logged_names as names
from lga.dashboard.wandb import panels
from lga.results.experiments import Experiment
from lga.results.published import measured_metrics

REPORT_TITLE = "Local-Global Attention: the paper's tables"


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
    """A view for each experiment, and the report; asks no server."""
    chosen = tuple(experiments)
    views = tuple(table_view(experiment, place) for experiment in chosen)
    return Dashboard(views, tables_report(chosen, place))


def table_view(experiment: Experiment, place: Place) -> Any:
    """The workspace view of an experiment's runs."""
    task = experiment.rows[0].task
    cells = {row.cell for row in experiment.rows}
    grouping = panels.Grouping(None, len(cells))
    columns = [*(f"test/{metric}" for metric in measured_metrics(task)), names.PARAMETERS, names.PAPER_GFLOPS]
    pictures = panels.picture_panels(task)
    sections = [
        ws.Section("Judged by", panels.score_panels(task, grouping), is_open=True),
        ws.Section("Curves", panels.curve_panels(task, grouping), is_open=True),
        ws.Section("Cost", panels.cost_panels(task, grouping), is_open=True),
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
            groupby=[ws.Config(names.DATASET), ws.Config(names.NETWORK), ws.Config(names.ATTENTION)],
            pinned_columns=[f"summary:{column}" for column in columns],
        ),
    )


def tables_report(experiments: Iterable[Experiment], place: Place) -> Any:
    """The report: a heading for each experiment, a panel grid for each of its datasets and networks."""
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
    """The comparison of attentions on one dataset in one network; the report's own project is meant."""
    task = experiment.rows[0].task
    attentions = [row.attention for row in experiment.rows if (row.dataset, row.model) == (dataset, network)]
    grouping = panels.Grouping(names.ATTENTION, len(attentions))
    own = (
        expr.Config(names.stored(names.DATASET)) == dataset,
        expr.Config(names.stored(names.NETWORK)) == network,
    )
    return wr.PanelGrid(
        runsets=[
            wr.Runset(
                name=f"{experiment.name}: {dataset}, {network}",
                filters=_of_experiment(experiment, scale, *own),
                groupby=[f"config.{names.ATTENTION}"],
            )
        ],
        panels=panels.placed(
            [
                panels.score_panels(task, grouping),
                panels.curve_panels(task, grouping),
                panels.cost_panels(task, grouping),
                panels.picture_panels(task),
            ]
        ),
    )


def _of_experiment(experiment: Experiment, scale: str, *more: Any) -> Any:
    group = expr.Metric("Group") == experiment.name
    trained = (
        expr.Config(names.stored(names.SCALE)) == scale,
        expr.Config(names.stored(names.START)) == Start.by_slot.name,
    )
    return expr.And(group, *trained, *more)
