"""The panels that compare groups of runs: what the task is judged by, curves, cost, predictions.

Each draws one bar, line or dot for a group, the mean over its runs, which differ in their seed alone. The
library's units: a panel grid is 24 columns wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import wandb_workspaces.reports.v2 as wr

from lga.dashboard.wandb import logged_names as names
from lga.results.labels import label, unit
from lga.results.published import Task, measured_metrics

GRID_COLUMNS = 24
ROW_HEIGHT = 8


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
    """A bar chart for each metric that the task is judged by, on the test split."""
    return [
        _bars(f"test/{metric}", f"{label(metric)} on the test split", unit(metric), grouping)
        for metric in measured_metrics(task)
    ]


def curve_panels(task: Task, grouping: Grouping) -> list[Any]:
    """The same metrics on the split that selects the epoch, and the training loss, by epoch."""
    metrics = measured_metrics(task)
    curves = [(f"val/{metric}", label(metric), unit(metric)) for metric in metrics]
    return [_curve(*curve, grouping) for curve in [*curves, ("train/loss", "training loss", "")]]


def cost_panels(task: Task, grouping: Grouping) -> list[Any]:
    """Parameters, GFLOPs by the paper's convention and truly, and the first metric against the cost."""
    metric = measured_metrics(task)[0]
    against = wr.ScatterPlot(
        title=f"{label(metric)} against GFLOPs (the paper's convention)",
        x=wr.SummaryMetric(names.PAPER_GFLOPS),
        y=wr.SummaryMetric(f"test/{metric}"),
    )
    return [
        _bars(names.PARAMETERS, "parameters", "", grouping),
        _bars(names.PAPER_GFLOPS, "GFLOPs, the paper's convention", "GFLOPs", grouping),
        _bars(names.GFLOPS, "GFLOPs of one image", "GFLOPs", grouping),
        against,
    ]


def picture_panels(task: Task) -> list[Any]:
    """A detector's pictures, true boxes beside found ones; none for a classifier."""
    if task != "detection":
        return []
    return [
        wr.MediaBrowser(
            title="true boxes, and those found",
            media_keys=names.picture_keys(),
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
        x=names.EPOCH,
        y=[metric],
        title_x="epoch, from 0",
        title_y=units or None,
        groupby=grouping.by,
        groupby_aggfunc="mean",
        groupby_rangefunc="minmax",
        max_runs_to_show=grouping.groups,
    )
