"""What the views and the report say, in the form that the library would send; no server is asked.

Expected cells are counted by hand from the paper: table 2, for one, has six datasets and five attentions.
"""

import socket

import pytest

pytest.importorskip("wandb_workspaces", reason="wandb-workspaces is not installed (a development dependency)")

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.results.experiments import judged_experiments
from lga.run.callbacks import detection_report
from scripts.wandb_views.views import GRID_COLUMNS, SHOWN_PICTURES, Place, build_dashboard

PLACE = Place("team", "project", "reduced")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was made"))


def view(table):
    dashboard = build_dashboard(chosen(table), PLACE)
    return dashboard.views[0]._to_model().spec.model_dump(mode="json", by_alias=True, exclude_none=True)


def chosen(table):
    return [experiment for experiment in judged_experiments() if table in (experiment.name, "all")]


def grids(table):
    report = build_dashboard(chosen(table), PLACE).report
    blocks = report._to_model().spec.model_dump(mode="json", by_alias=True, exclude_none=True)["blocks"]
    return [block["metadata"] for block in blocks if block["type"] == "panel-grid"]


def panels_of(grid):
    return grid["panelBankSectionConfig"]["panels"]


def filters(run_set):
    """Name and value of every filter; all must hold."""
    leaves = run_set["filters"]["filters"]
    assert all(leaf["op"] == "=" and not leaf["disabled"] for leaf in leaves)
    assert all(leaf["connector"] == "AND" for leaf in leaves[1:])
    return {f"{leaf['key']['section']}:{leaf['key']['name']}": leaf["value"] for leaf in leaves}


def metrics(panels, kind):
    return [m for p in panels if p["viewType"] == kind for m in p["config"]["metrics"]]


@pytest.mark.parametrize(
    ("table", "count"),
    [("table1", 2), ("table2", 6), ("table3", 4), ("table4", 3), ("table5", 3), ("figure1", 2), ("all", 20)],
)
def test_each_dataset_and_network_of_a_table_has_a_panel_grid(table, count):
    names = [grid["runSets"][0]["name"] for grid in grids(table)]
    assert len(set(names)) == len(names) == count


def test_a_grid_compares_the_attentions_of_one_dataset_and_network():
    yolo = grids("table4")[0]
    assert len(yolo["runSets"]) == 1
    run_set = yolo["runSets"][0]
    assert "project" not in run_set  # the report's own
    assert run_set["grouping"] == [{"section": "config", "name": "attention.value.name"}]
    assert filters(run_set) == {
        "run:group": "table4",
        "config:trainer.value.scale": "reduced",
        "config:start.value": "by_slot",
        "config:dataset.value.name": run_set["name"].split()[1].rstrip(","),
        "config:backbone.value.name": "yolov8n",
    }


def test_filters_and_groups_are_of_settings_that_a_run_has():
    run = freeze(compose(["experiment=table4"]))
    grid = grids("table4")[0]["runSets"][0]
    keys = [leaf["key"] for leaf in grid["filters"]["filters"]] + grid["grouping"]
    for key in keys:
        if key["section"] == "config":
            group, value, *name = key["name"].split(".")
            assert value == "value"
            assert isinstance(run.config[group][name[0]] if name else run.config[group], str)
    assert run.config["logger"]["group"] == "table4"
    assert run.config["backbone"]["name"] == filters(grid)["config:backbone.value.name"]


def test_a_detection_grid_shows_scores_curves_cost_and_pictures():
    panels = panels_of(grids("table5")[0])
    cost = ["parameters", "gflops_paper", "gflops"]
    assert metrics(panels, "Bar Chart") == ["test/paper/map50", "test/paper/map50_95", *cost]
    assert metrics(panels, "Run History Line Plot") == [
        "val/paper/map50",
        "val/paper/map50_95",
        "train/loss",
    ]
    (scatter,) = [p["config"] for p in panels if p["viewType"] == "Scatter Plot"]
    assert (scatter["xAxis"], scatter["yAxis"]) == ("summary:gflops_paper", "summary:test/paper/map50")
    (media,) = [p["config"] for p in panels if p["viewType"] == "Media Browser"]
    assert media["mediaKeys"] == [f"pictures/{i}" for i in range(8)]


def test_a_classification_grid_is_judged_by_accuracy_and_has_no_pictures():
    panels = panels_of(grids("table1")[0])
    assert metrics(panels, "Bar Chart")[:2] == ["test/top1", "test/top5"]
    assert metrics(panels, "Run History Line Plot") == ["val/top1", "val/top5", "train/loss"]
    assert "Media Browser" not in {panel["viewType"] for panel in panels}


def test_panels_average_seeds_and_draw_every_attention():
    compared = ("Bar Chart", "Run History Line Plot")
    for panel in panels_of(grids("table5")[0]):
        if panel["viewType"] in compared:
            config = panel["config"]
            assert config["groupBy"] == "attention.value.name"
            assert config["groupAgg"] == "mean"
            assert config["aggregate"] is True
            assert config["limit"] == 9
            assert config.get("barLimit", 9) == 9
            assert config.get("xAxis", "epoch") == "epoch"


def test_panels_of_a_grid_do_not_overlap():
    for grid in grids("all"):
        places = [panel["layout"] for panel in panels_of(grid)]
        squares = [
            (x, y)
            for p in places
            for x in range(p["x"], p["x"] + p["w"])
            for y in range(p["y"], p["y"] + p["h"])
        ]
        assert len(squares) == len(set(squares))
        assert max(x for x, _ in squares) < GRID_COLUMNS


def test_a_view_holds_the_runs_of_its_table_by_dataset_network_and_attention():
    section = view("table2")["section"]
    (run_set,) = section["runSets"]
    assert filters(run_set) == {
        "run:group": "table2",
        "config:trainer.value.scale": "reduced",
        "config:start.value": "by_slot",
    }
    assert [key["name"] for key in run_set["grouping"]] == [
        "dataset.value.name",
        "backbone.value.name",
        "attention.value.name",
    ]
    assert section["settings"]["maxRuns"] == 30  # of six datasets, five attentions
    sections = section["panelBankConfig"]["sections"]
    assert [s["name"] for s in sections] == ["Judged by", "Curves", "Cost", "Predictions"]
    bars = [panel["config"] for panel in sections[0]["panels"]]
    assert all("groupBy" not in bar and bar["groupAgg"] == "mean" and bar["barLimit"] == 30 for bar in bars)
    assert all(s["localPanelSettings"]["useRunsTableGroupingInPanels"] for s in sections)


def test_there_is_a_view_for_each_table_and_names_tell_them_apart():
    dashboard = build_dashboard(judged_experiments(), PLACE)
    names = [view.name for view in dashboard.views]
    assert len(set(names)) == 6
    assert all(name.endswith("(reduced runs)") for name in [*names, dashboard.report.title])
    assert {(v.entity, v.project) for v in [*dashboard.views, dashboard.report]} == {("team", "project")}


def test_names_that_are_repeated_here_are_those_that_runs_log():
    assert SHOWN_PICTURES == detection_report.SHOWN_IMAGES
