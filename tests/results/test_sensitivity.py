"""Alternatives of an assumption side by side, on made runs: one page, whose differences are one family.

The gain of LGA is 1 at 6 epochs, 2 at 12 and 3 at 24, MHSA's 0; all seeds have residuals of +-0.1.
"""

import csv
import io

import pytest

from lga.config.grid import experiment_runs
from lga.dashboard.page.payload import _sweep
from lga.dashboard.page.studied import found_studies, studied
from lga.data.classification.published_files import PUBLISHED
from lga.results.answers import place
from lga.results.comparison import compare
from lga.results.judging import judge_together
from lga.results.over_cells import cell_gains
from lga.results.reports.csv_text import csv_text
from lga.results.reports.markdown_tables import escaped
from lga.results.reports.rendering import page_files
from lga.results.sentences import dependences
from lga.run.folder.record import DataRecord
from tests.results.runs import made_run, page_called

PAGE = page_called("sensitivity")
AXES = ("sensitivity_epochs", "sensitivity_learning_rate")
NOISE = {"none": (0.1, 0.0, -0.1), "lga": (-0.1, 0.1, 0.0), "mhsa": (0.0, -0.1, 0.1)}
FILES = {file.name: file.sha256 for file in PUBLISHED["Fashion-MNIST"]}
DATA = DataRecord(
    manifest_hash="0" * 64, files=FILES, counts={"train": 15_000, "val": 10_000, "test": 10_000}
)
GAIN = {6: 1.0, 12: 2.0, 24: 3.0}


def made(run):
    gain = GAIN[run.config["recipe"]["epochs"]] if run.cell.attention == "lga" else 0.0
    rates = run.config["recipe"]["optimizer"]["lr"] != 0.01
    top1 = 90 + run.cell.seed + gain + NOISE[run.cell.attention][run.cell.seed - 1]
    return made_run(
        run,
        0.0,
        "full",
        protocol="classification",
        monitor="val/top1",
        metrics={"top1": top1},
        group=AXES[rates],
        ended=f"2026-11-22T1{rates:d}:00:00+00:00",
        data=DATA,
    )


@pytest.fixture(scope="module")
def runs():
    grid = [run for name in AXES for run in experiment_runs(name, ["seed=1,2,3"])]
    return [made(run) for run in {run.config_hash: run for run in grid}.values()]


@pytest.fixture(scope="module")
def results(runs):
    return judge_together(PAGE.experiments, runs)


def test_a_run_stands_on_every_axis_that_it_is_of(runs, results):
    assert len(runs) == 27 + 18
    assert [one.ran for one in results] == [9, 3, 9, 0]


def test_each_line_of_the_numbers_names_its_place_on_the_axis(results):
    lines = list(csv.DictReader(io.StringIO(csv_text(results[:1]))))
    settings = [
        line["settings"] for line in lines if line["attention"] == "none" and line["metric"] == "top1"
    ]
    assert settings == ["recipe.epochs=6", "recipe.epochs=12", "recipe.epochs=24"]


def test_the_differences_of_a_page_are_one_family(results):
    """Of four differences: by itself the p of one axis alone is half of it."""
    epochs, rates = results[0], next(one for one in results if one.experiment.name == AXES[1])
    together, alone = dependences(epochs, results), dependences(epochs)
    found = {(one.attention, one.word) for one in together}
    assert found == {("lga", "grows"), ("mhsa", "undecided")}
    assert together[0].change.estimate.mean == pytest.approx(2.0)
    assert together[0].change.p == pytest.approx(2 * alone[0].change.p)
    page = page_files(PAGE, results)["README.md"]
    assert "- LGA's gain in top-1 accuracy from 6 epochs to 24 epochs: +2.00 [" in page.replace("\\", "")
    assert "- MHSA's gain in top-1 accuracy from learning rate 0.003 to learning rate 0.03: +0.00" in page
    assert len(dependences(rates, results)) == 2


def test_page_and_study_on_the_dashboard_say_the_same(runs, results):
    found = found_studies(runs, AXES)
    sentences = studied(found, dict.fromkeys(map(id, runs), 0))[0]["studies"][0]["findings"]
    page = page_files(PAGE, results)["README.md"]
    assert all(f"- {escaped(sentence)}" in page for sentence in sentences)


def test_settings_of_one_cell_are_no_diverse_data(results):
    assert cell_gains(results) == []
    assert "gain over cells" not in page_files(PAGE, results)["README.md"]


def test_what_differs_between_comparisons_stands_in_their_place(runs):
    places = [place(one) for one in compare(runs)]
    assert len(set(places)) == len(places) == 5
    common = "Fashion-MNIST, MobileNetV3, 12 epochs, 25 % of the training images"
    assert f"{common}, learning rate 0.03" in {text.replace(", data ", ", ") for text in places}


def test_the_first_screen_shows_all_of_the_latest_axis(runs):
    """The learning rates ran last; the middle one was trained for the epochs, whose group it names."""
    comparisons = compare(runs)
    shown = _sweep(comparisons, found_studies(runs, AXES), own=True)
    rates = [comparisons[at].settings["recipe.optimizer.lr"] for at in shown["comparisons"]]
    assert (shown["group"], sorted(rates)) == (AXES[1], [0.003, 0.01, 0.03])
