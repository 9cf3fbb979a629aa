"""Ablations on made runs: gains over the released block, and which runs stand in them.

For two degrees of freedom p = 1 - |t| / sqrt(t^2 + 2). Frozen alphas: -2.0, -2.1, -1.9, s = 0.1,
t = -34.64, p = 0.000832, twice that by Holm; interval -2 +- 4.3027 * 0.1 / sqrt(3). Learned from 1 / 1:
0.1, -0.1, 0.3, s = 0.2, t = 0.866, p = 0.4778.
"""

import csv
import io

import pytest

from lga.config.grid import experiment_runs
from lga.results.families import Results
from lga.results.judging import judge
from lga.results.reports.committed import keep, read_kept
from lga.results.reports.rendering import page_files, readme_block
from lga.results.sentences import family_sentence
from tests.results.runs import experiment_called, made_run, page_called, page_text

ALPHA, HEADS = experiment_called("ablation_alpha"), experiment_called("ablation_heads")
PAGE = page_called("ablations")
FROZEN, FROM_1 = "lga_alpha_frozen_25", "lga_alpha_from_1"
GRID = ["attention=lga,ablation/alpha_frozen_25,ablation/alpha_from_1"]
LGA = {1: 50.0, 2: 52.0, 3: 51.0}
GAINS = {"lga": (0, 0, 0), FROZEN: (-2.0, -2.1, -1.9), FROM_1: (0.1, -0.1, 0.3)}
LOSS = "alphas frozen at 0.25 / 0.75 (loss of -2.00 [-2.25, -1.75], p 0.002)"


def value(run):
    seed = run.cell.seed
    return LGA[seed] + GAINS[run.cell.attention][seed - 1]


@pytest.fixture(scope="module")
def grid():
    return experiment_runs(ALPHA.name, [*GRID, "seed=1,2,3"])


@pytest.fixture(scope="module")
def runs(grid):
    return [made_run(run, value(run)) for run in grid]


@pytest.fixture(scope="module")
def family(runs):
    return judge(ALPHA, runs, GRID).families[0]


def test_gains_are_over_the_released_block(family):
    frozen, from_1 = family.row(FROZEN), family.row(FROM_1)
    assert family.row("lga").gain is None
    assert frozen.gain.difference.mean == pytest.approx(-2.0)
    assert frozen.p == pytest.approx(2 * 0.000832, abs=2e-6)
    assert from_1.p == pytest.approx(0.4778, abs=1e-4)
    assert (frozen.word, from_1.word) == ("loss", "no change found")


def test_the_sentence_and_the_table(family):
    """Of 48.0, 49.9, 49.1 s = 0.9539: 49 +- 2.37. For d = 1 / 0.2 = 5 two pairs have too little power."""
    told = family_sentence(ALPHA, family)
    assert told == (
        f"Scenes of digits with MobileNetV3, paper mAP50: {LOSS}; "
        "a change of 1 point in the others would take 3 seeds."
    )
    page = page_text(Results(ALPHA, (family,)), Results(HEADS, ()))
    assert "## Alphas" in page
    assert "| variant | seeds | paper mAP50 | gain over lga | adjusted p |" in page
    row = "| alphas frozen at 0.25 / 0.75 | 3 | 49.00 [46.63, 51.37] | -2.00 [-2.25, -1.75] | 0.002 | -20.0 |"
    assert row in page


def test_runs_of_more_epochs_stay_out_and_those_of_fewer_out_of_theirs(grid, runs):
    longer = experiment_runs(ALPHA.name, [*GRID, "seed=1,2,3", "recipe.epochs=30"])
    others = [made_run(run, 90.0) for run in longer]
    (found,) = judge(ALPHA, [*others, *runs], GRID).families
    assert found.row("lga").ours.mean == pytest.approx(51.0)
    embedded = experiment_called("embedded")
    only_lga = ["dataset=digit_scenes", "attention=lga"]
    (theirs,) = judge(embedded, [*others, *runs], only_lga).families
    assert theirs.row("lga").ours.mean == pytest.approx(90.0)
    (alone,) = judge(embedded, runs, only_lga).families
    assert alone.row("lga").ours is None


def test_smoke_runs_are_not_averaged_with_others_and_are_marked(runs):
    smoke = experiment_runs(ALPHA.name, [*GRID, "seed=1,2,3", "trainer=smoke"])
    short = [made_run(run, value(run) / 10, "smoke") for run in smoke]
    (both,) = judge(ALPHA, [*short, *runs], GRID).families
    assert (both.scale, both.row("lga").ours.mean, both.changes) == ("embedded", pytest.approx(51.0), "")
    (only,) = judge(ALPHA, short, GRID).families
    assert (only.scale, only.row("lga").ours.mean) == ("smoke", pytest.approx(5.1))
    limits = "limit eval batches 2, limit train batches 2, max epochs 2"
    assert only.changes == limits
    assert (
        "(smoke runs: a few steps, to show that a cell runs; says nothing of how good it is)"
        in family_sentence(ALPHA, only)
    )
    page = page_text(Results(ALPHA, (only,)))
    assert page.count("*(smoke)*") == 3 + 2
    assert "- `smoke`: a few steps" in page


def test_runs_that_were_cut_short_say_so(grid):
    cut = experiment_runs(ALPHA.name, [*GRID, "seed=1,2,3", "trainer.limit_train_batches=5"])
    (found,) = judge(ALPHA, [made_run(run, value(run)) for run in cut], GRID).families
    assert found.changes == "limit train batches 5"
    assert "(with limit train batches 5)" in family_sentence(ALPHA, found)


def test_a_run_of_two_ablations_is_kept_once_and_makes_the_same_page(tmp_path, runs):
    of_heads = ["attention=lga,ablation/heads_1"]

    def studied(collected):
        return [judge(ALPHA, collected, GRID), judge(HEADS, collected, of_heads)]

    shown = [run for results in studied(runs) for run in results.runs]
    assert len(shown) == 9 + 3
    assert len(keep(shown, tmp_path)) == 9
    files = page_files(PAGE, studied(runs))
    assert page_files(PAGE, studied(read_kept(tmp_path))) == files
    rows = list(csv.DictReader(io.StringIO(files["results.csv"])))
    assert [row["experiment"] for row in rows] == ["ablation_alpha"] * 3 + ["ablation_heads"] * 2
    assert rows[1]["label"] == "alphas frozen at 0.25 / 0.75"
    assert "9 runs of" in files["README.md"]


def test_the_project_s_readme_tells_only_what_ran(family):
    nothing = judge(HEADS, [], ["attention=lga,ablation/heads_1"])
    block = readme_block({PAGE: [Results(ALPHA, (family,)), nothing]})
    assert "[Ablations of the block](experiments/ablations/README.md), at embedded scale:" in block
    assert "- Alphas. Scenes of digits with MobileNetV3, paper mAP50: alphas frozen" in block
    assert "Heads" not in block
    assert "Ablations" not in readme_block({PAGE: [nothing]})


def test_a_dataset_of_choice(runs):
    (found,) = judge(ALPHA, runs, [*GRID, "dataset=digits"]).families
    assert (found.dataset, found.row("lga").ours) == ("digits", None)


def test_gains_without_spread_are_no_finding(grid):
    """As of smoke runs that find nothing at all: 0 in each."""
    (found,) = judge(ALPHA, [made_run(run, 0.0) for run in grid], GRID).families
    assert found.row(FROZEN).word == "equal in all seeds"
    told = family_sentence(ALPHA, found)
    assert told.endswith(": equal in all seeds, which says nothing about their spread.")
    (one,) = judge(ALPHA, [made_run(run, 0.0) for run in grid if run.cell.seed == 1], GRID).families
    assert one.row(FROZEN).word == "too few seeds"
    assert "not run with two seeds of lga and of a variant yet" in family_sentence(ALPHA, one)
