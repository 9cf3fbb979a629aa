"""Each experiment's grid is its published rows, and each cell trains as its row says."""

import pytest

from lga.config.grid import experiment_runs
from lga.results.experiments import judged_experiments
from lga.results.matching import cell_names
from lga.results.published import load_published
from tests.results.runs import experiment_called

NAMES = [experiment.name for experiment in judged_experiments()]
TASKS = {"classification": ("selection", "test"), "detection": ("splits", "paper")}


@pytest.fixture(scope="module")
def grids():
    return {name: experiment_runs(name, ["seed=1"]) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_grid_is_the_published_rows(grids, name):
    experiment = experiment_called(name)
    cells = [cell_names(run) for run in grids[name]]
    assert set(cells) == {row.cell for row in experiment.rows}
    assert len(cells) == len(experiment.rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_has_its_rows_optimizer_classes_and_splits(grids, name):
    experiment = experiment_called(name)
    rows = {row.cell: row for row in experiment.rows}
    for run in grids[name]:
        row, config = rows[cell_names(run)], run.config
        assert config["recipe"]["optimizer"]["_target_"] == f"torch.optim.{row.optimizer}", row.cell
        assert config["dataset"]["num_classes"] == row.num_classes, row.cell
        assert config["task"]["name"] == row.task
        key, value = TASKS[row.task]
        assert config["dataset"][key] == value
        assert config["logger"]["group"] == name
        assert config["trainer"]["scale"] == "full"


def test_rates_are_those_of_the_toolchain(grids):
    """AdamW by its automatic choice: 0.002 * 5 / (4 + 2) for two classes; the others as set by hand, 0.01."""
    for run in (run for grid in grids.values() for run in grid):
        rate = 0.001667 if run.cell.dataset == "tinyperson" else 0.01
        assert run.config["recipe"]["optimizer"]["lr"] == rate, run.cell


def test_epochs_are_the_curves_or_the_toolchains(grids):
    epochs = {run.cell.dataset: run.config["recipe"]["epochs"] for run in grids["figure1"]}
    assert epochs == {"coco2017": 20, "voc2007": 200}
    others = {run.config["recipe"]["epochs"] for name in NAMES[:-1] for run in grids[name]}
    assert others == {100}


def test_a_cell_of_two_tables_is_one_run(grids):
    """Nine rows stand in two tables: 5 + 2 + 2 of TinyPerson in table 5 and in tables 2, 3 and 4."""
    hashes = [run.config_hash for name in NAMES for run in grids[name]]
    twice = sum(len(row.tables) > 1 for row in load_published())
    assert twice == 9
    assert len(hashes) - len(set(hashes)) == twice


def test_figure_rows_are_read_at_the_best_epoch():
    """The epochs of largest 0.1 mAP50 + 0.9 mAP50-95, found by hand in the two files."""
    figure = experiment_called("figure1")
    rows = {row.cell: row for row in figure.rows}
    coco = rows["coco2017", "mobilenetv3", "lga"]
    assert (coco.map50, coco.map50_95, coco.num_classes) == (12.67, 7.587, 80)
    assert coco.source == "curve_coco2017_mobilenetv3.csv, epoch 20"
