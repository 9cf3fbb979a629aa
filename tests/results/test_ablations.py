"""Ablations on made runs: gains over the released block, and which runs stand in them.

Frozen alphas: -2.0, -2.1, -1.9; learned from 1 / 1: 0.1, -0.1, 0.3. Residuals of attention + seed: 0, 0.1,
-0.1 of the block; 0, 0, 0; 0, -0.1, 0.1. Their squares sum to 0.04 on 4 degrees of freedom: s = 0.1, the
error of a gain 0.1 * sqrt(2 / 3) = 0.0816, its simultaneous critical value 3.31.
"""

import csv
import io
from collections import defaultdict

import pytest

from lga.config.grid import experiment_runs
from lga.dashboard.page.studied import studied
from lga.results.comparison import compare
from lga.results.families import Results
from lga.results.judging import judge, judge_together
from lga.results.looks import LOOKS, as_override
from lga.results.reports.committed import keep, read_kept
from lga.results.reports.rendering import page_files
from lga.results.sentences import family_sentence
from scripts.kept_pages.rendering import readme_block
from tests.results.runs import experiment_called, made_run, page_called, page_text

ALPHA, HEADS = experiment_called("ablation_alpha"), experiment_called("ablation_heads")
PAGE = page_called("ablations")
FROZEN, FROM_1 = "lga_alpha_frozen_25", "lga_alpha_from_1"
GRID = ["attention=lga,ablation/alpha_frozen_25,ablation/alpha_from_1"]
LGA = {1: 50.0, 2: 52.0, 3: 51.0}
GAINS = {"lga": (0, 0, 0), FROZEN: (-2.0, -2.1, -1.9), FROM_1: (0.1, -0.1, 0.3)}
LOSS = "alphas frozen at 0.25 / 0.75 (loss of -2.00 [-2.27, -1.73], p < 0.001)"


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
    assert frozen.gain.estimate.mean == pytest.approx(-2.0)
    assert family.spread.residual == pytest.approx(0.1)
    assert frozen.gain.estimate.high + 2 == pytest.approx(3.31 * 0.0816, abs=1e-3)
    assert (frozen.word, from_1.word) == ("loss", "practically none")


def test_the_sentence_and_the_table(family):
    """Of 48.0, 49.9, 49.1 s = 0.9539: 49 +- 2.37 (the same by log odds, to two digits)."""
    message = family_sentence(ALPHA, family)
    assert message == (
        f"Scenes of digits with MobileNetV3, paper mAP50: {LOSS}; practically none: alphas learned "
        f"from 1 / 1; a gain of 0.36 would have been found in four of five repetitions."
    )
    page = page_text(Results(ALPHA, (family,)), Results(HEADS, ()))
    assert "## Alphas" in page
    assert "| variant | seeds | paper mAP50 | gain over lga | adjusted p |" in page
    row = (
        "| alphas frozen at 0.25 / 0.75 | 3 | 49.00 [46.63, 51.37] | -2.00 [-2.27, -1.73] | < 0.001 | loss |"
    )
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


def test_the_project_s_readme_counts_what_ran_and_what_was_found(family):
    nothing = judge(HEADS, [], ["attention=lga,ablation/heads_1"])
    link = "[Ablations of the block](experiments/ablations/README.md)"
    assert f"| {link} | 3 of 5 | loss: 1, practically none: 1 |" in readme_block(
        {PAGE: [Results(ALPHA, (family,)), nothing]}
    )
    assert "No cell has run yet of [ablations](" in readme_block({PAGE: [nothing]})


def test_experiments_judged_together_share_their_spread_and_not_their_correction(family, runs):
    """Four heads beside: the residual is of both, the other question's rows are not tested."""
    heads = experiment_runs(HEADS.name, ["attention=ablation/heads_1", "seed=1,2,3"])
    noisy = [made_run(run, 50.0 + 4 * (run.cell.seed == 2)) for run in heads]
    alpha, _ = judge_together((ALPHA, HEADS), [*runs, *noisy], {ALPHA.name: GRID})
    (found,) = alpha.families
    assert (found.spread.cells, found.spread.df, found.spread.rows) == (4, 6, 2)
    assert found.spread.residual > 5 * family.spread.residual
    assert found.row(FROZEN).overall.p > found.row(FROZEN).gain.p
    assert "over all 3 rows" in page_text(Results(ALPHA, (found,)))
    (study,) = studied({PAGE: [alpha]}, defaultdict(int))[0]["studies"]
    shown = {row["attention"]: row["overall_p"] for row in study["families"][0]["rows"]}
    assert shown == {"lga": None, **{name: found.row(name).overall.p for name in (FROZEN, FROM_1)}}


def test_at_a_planned_look_little_may_be_spent(runs):
    """0.00035 of 0.05 at 3 of 10 seeds: the loss stands, its interval is wider, and the page says so."""
    results = judge(ALPHA, runs, GRID, looks=(3, 5, 10))
    (found,) = results.families
    assert (found.row(FROZEN).word, found.settled) == ("loss", False)
    assert found.row(FROZEN).gain.estimate.high > -1.3
    assert "Looks were planned at 3, 5, 10 seeds" in page_text(results)
    assert "to add seeds and look again is another test" in page_text(judge(ALPHA, runs, GRID))


def test_looks_are_kept_with_the_runs(grid, runs):
    """Whoever judges the records later, on a page or in the terminal, tests at the same level."""
    named = [made_run(run, value(run), overrides=[*run.overrides, as_override(LOOKS)]) for run in grid]
    later, then = judge(ALPHA, named, GRID), judge(ALPHA, runs, GRID, looks=LOOKS)
    assert page_text(later) == page_text(then)
    ends = [{g.attention: g.gain for g in compare(each, "lga")[0].groups}[FROZEN] for each in (named, runs)]
    assert ends[0].estimate.high == pytest.approx(later.families[0].row(FROZEN).gain.estimate.high)
    assert ends[0].estimate.high > ends[1].estimate.high


def test_a_dataset_of_choice(runs):
    (found,) = judge(ALPHA, runs, [*GRID, "dataset=digits"]).families
    assert (found.dataset, found.row("lga").ours) == ("digits", None)


def test_gains_without_spread_are_no_finding(grid):
    """As of smoke runs that find nothing at all: 0 in each."""
    (found,) = judge(ALPHA, [made_run(run, 0.0) for run in grid], GRID).families
    assert found.row(FROZEN).word == "undecided"
    message = family_sentence(ALPHA, found)
    assert message.endswith(": equal gains in all seeds, which say nothing of a spread.")
    (one,) = judge(ALPHA, [made_run(run, 0.0) for run in grid if run.cell.seed == 1], GRID).families
    assert one.row(FROZEN).word == "undecided"
    assert "not run with two seeds of lga and of a variant yet" in family_sentence(ALPHA, one)
