"""The scaling study on made runs: cells kept apart by share and scale, and whether the gain depends on them.

For two degrees of freedom p = 1 - |t| / sqrt(t^2 + 2). Gains at a quarter: 3.0, 3.2, 3.4, s = 0.2, t = 27.71,
p = 0.0013; on all images 1.0, 1.2, 1.1, s = 0.1, t = 19.05, p = 0.00274. By Bonferroni twice that. Their
difference, alone as there is one scale: its error is (0.04 / 3 + 0.01 / 3)^0.5 = 0.1291, t = -16.27, Welch's
degrees of freedom are 0.01667^2 / (0.01333^2 / 2 + 0.00333^2 / 2) = 2.94, p = 0.000565.
"""

import pytest

from lga.config.grid import experiment_runs
from lga.results.experiments import SCALE, SHARE
from lga.results.judging import judge
from lga.results.over_cells import cell_gains
from lga.results.plan import timed_step
from lga.results.plan.plan import plan_sweeps
from lga.results.plan.sweep_options import SweepOptions
from lga.results.reports.rendering import page_files
from lga.results.sentences import dependence_sentence, dependences
from scripts.kept_pages.rendering import readme_block
from tests.results.runs import experiment_called, made_run, of_old_rule, page_called

SCALING = experiment_called("scaling")
PAGE = page_called("scaling")
SMALL = ["backbone.scale=n", "data.train_share=0.25,1"]
NONE = {1: 40.0, 2: 41.0, 3: 42.0}
GAINS = {0.25: (3.0, 3.2, 3.4), 1.0: (1.0, 1.2, 1.1)}


def made(run, scale="embedded", **fields):
    seed, share = run.cell.seed, run.config["data"]["train_share"]
    gain = GAINS[share][seed - 1] if run.cell.attention == "lga" else 0
    return made_run(run, NONE[seed] * share + gain, scale, **fields)


@pytest.fixture(scope="module")
def grid():
    return experiment_runs("scaling", [*SMALL, "seed=1,2,3"])


@pytest.fixture(scope="module")
def runs(grid):
    return [made(run) for run in grid]


@pytest.fixture(scope="module")
def found(runs):
    return judge(SCALING, runs, SMALL)


def test_a_family_for_each_share(found):
    assert [family.axes for family in found.families] == [
        {SCALE: "n", SHARE: "0.25"},
        {SCALE: "n", SHARE: "1"},
    ]
    assert [family.row("none").ours.mean for family in found.families] == pytest.approx([41 / 4, 41.0])
    assert (
        found.families[0].place == "Scenes of digits with MobileNetV3, scale n, 25 % of the training images"
    )


def test_gains_are_corrected_together(found):
    quarter, everything = (family.row("lga") for family in found.families)
    assert quarter.gain.estimate.mean == pytest.approx(3.2)
    assert quarter.gain.p == pytest.approx(2 * 0.0013, abs=1e-5)
    assert everything.gain.p == pytest.approx(2 * 0.00274, abs=1e-5)


def test_whether_the_gain_depends_on_the_share(found):
    (share,) = dependences(found)
    assert (share.axis, share.word) == (SHARE, "shrinks")
    assert share.change.estimate.mean == pytest.approx(-2.1)
    assert share.change.p == pytest.approx(0.000565, abs=1e-6)
    assert dependence_sentence(share) == (
        "LGA's gain in paper mAP50 from 25 % of the training images to 100 % of the training images, "
        "scale n: -2.10 [-2.52, -1.68], p 0.001: shrinks."
    )
    assert "| 4 of 4 | gain: 2 |" in readme_block({PAGE: [found]})


def test_runs_of_two_machines_are_not_held_against_each_other_without_saying_so(grid, runs):
    environment = {**runs[0].record.environment, "cpu": "another"}
    moved = [made(run, environment=environment) for run in grid if run.config["data"]["train_share"] == 1]
    quarter = [run for run in runs if run.record.config["data"]["train_share"] != 1]
    (share,) = dependences(judge(SCALING, [*quarter, *moved], SMALL))
    assert "Runs of different machines or code are compared: " in dependence_sentence(share)


def test_runs_that_were_cut_short_are_no_cells_of_the_mean(found):
    smoke = experiment_runs("scaling", [*SMALL, "seed=1,2,3", "trainer=smoke"])
    results = judge(SCALING, [made(run, "smoke") for run in smoke], SMALL)
    assert all(family.scale == "smoke" and family.row("lga").gain.error for family in results.families)
    assert cell_gains([results]) == []
    assert [cell.error for cell in cell_gains([found])] == pytest.approx([0.2 / 3**0.5, 0.1 / 3**0.5])


def test_gains_of_two_start_rules_are_not_held_against_each_other(grid):
    mixed = [made(run if run.config["data"]["train_share"] == 1 else of_old_rule(run)) for run in grid]
    assert dependences(judge(SCALING, mixed, SMALL)) == ()


def test_a_record_from_before_there_were_shares_is_of_all_images(runs):
    data = {name: value for name, value in runs[-1].record.config["data"].items() if name != "train_share"}
    old = [
        made_run(run, 77.0, config={**run.config, "data": data, "seed": run.cell.seed})
        for run in experiment_runs("scaling", [*SMALL, "attention=none", "data.train_share=1", "seed=4"])
    ]
    quarter, everything = judge(SCALING, old, SMALL).families
    assert quarter.row("none").ours is None
    assert everything.row("none").ours.mean == 77.0


def test_a_share_does_not_stand_in_the_other_studies(runs):
    """The capacity ablation trains on all images: of 12 runs the 6 on all of them are its own."""
    capacity = experiment_called("ablation_capacity")
    (family,) = judge(capacity, runs, ["attention=lga,none"]).families
    assert family.row("none").ours.mean == pytest.approx(41.0)
    assert [len(row.runs) for row in family.rows] == [3, 3]


def test_the_page_gives_the_gain_over_cells(found):
    text = page_files(PAGE, [found])["README.md"]
    assert "## The block's gain over cells, paper mAP50" in text
    assert "cells LGA's mean gain over none is " in text


def test_the_plan_counts_each_run_once_and_fewer_images_as_less_work(tmp_path, monkeypatch):
    """A second an image; on 250 of 1,000, 200 judged at a third: 12 * (250 + 66.7) + 66.7 + 10 seconds."""
    few = ("attention=lga,none", "data.train_share=0.25,1", "trainer.accelerator=cpu")
    folders = ("paths.kept=null", f"paths.output_dir={tmp_path}", f"paths.cache_dir={tmp_path}")
    monkeypatch.setattr(timed_step, "seconds_an_image", lambda config: 1.0)
    ablations = [experiment_called(f"ablation_{part}") for part in ("capacity", "branches")]
    options = SweepOptions(seeds=2, overrides=(*few, *folders))
    plan = plan_sweeps("both", ablations, options)
    assert sorted((cell.cell[2], cell.left) for cell in plan.cells) == [("lga", 2)] * 2 + [("none", 2)] * 2
    seconds = sorted({cell.seconds for cell in plan.cells})
    assert seconds == pytest.approx([12 * 250 + 800 + 200 / 3 + 10, 12 * 1000 + 800 + 200 / 3 + 10])
    assert all(cell.bytes > 5 * 4 * 500_000 for cell in plan.cells)
