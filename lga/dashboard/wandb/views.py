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
from lga.dashboard.wandb.logged_names import (
    ATTENTION,
    DATASET,
    NETWORK,
    PAPER_GFLOPS,
    PARAMETERS,
    SCALE,
    START,
    stored,
)
from lga.dashboard.wandb.panels import (
    Grouping,
    cost_panels,
    curve_panels,
    picture_panels,
    placed,
    score_panels,
)
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
    grouping = Grouping(ATTENTION, len(attentions))
    own = (
        expr.Config(stored(DATASET)) == dataset,
        expr.Config(stored(NETWORK)) == network,
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
    trained = (expr.Config(stored(SCALE)) == scale, expr.Config(stored(START)) == Start.by_slot.name)
    return expr.And(group, *trained, *more)
