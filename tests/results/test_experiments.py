"""An experiment is one YAML file, which says of itself all that its page and its commands need."""

import shutil

import pytest

from lga.config import compose
from lga.config.compose import CONFIG_DIR
from lga.config.grid import experiment_runs
from lga.results import experiments
from lga.results.experiments import all_experiments, all_pages, chosen_pages
from lga.results.judging import judge
from lga.results.plan.plan import plan_sweeps
from lga.results.plan.sweep_options import SweepOptions
from lga.results.reports.committed import keep
from lga.system.errors import UserError
from scripts.kept_pages.rendering import README, committed_files, judge_kept, readme_block
from tests.results.runs import experiment_called, made_run, page_called

MINE = """# @package _global_
experiment:
  title: Does SE help?
  question: Is it better than nothing?
defaults:
  - override /dataset: digit_scenes
hydra:
  mode: MULTIRUN
  sweeper:
    params:
      attention: none,se
      seed: 1,2
logger:
  group: mine
paths:
  kept: mine
"""


@pytest.fixture
def conf(tmp_path, monkeypatch):
    """A copy of `conf` that may be added to."""
    copy = tmp_path / "conf"
    shutil.copytree(CONFIG_DIR, copy)
    for module in (compose, experiments):
        monkeypatch.setattr(module, "CONFIG_DIR", copy)
    return copy / "experiment"


def test_a_new_study_is_one_file(conf, tmp_path):
    """Planned, named in errors, and with a page of its own made of records that are kept.

    Gains of 2 and 3: 2.5 on average, and 12.706 (Student's t of one degree of freedom) x 0.5 above it 8.85.
    """
    (conf / "mine.yaml").write_text(MINE)
    ((page, (mine,)),) = chosen_pages("mine").items()
    assert (page.name, page.title, all_pages()[-1]) == ("mine", "Does SE help?", page)
    with pytest.raises(UserError, match=r"valid: all, table1, .*, mine$"):
        chosen_pages("yours")
    nothing_kept = (f"paths.output_dir={tmp_path}", "paths.kept=null")
    plan = plan_sweeps("mine", [mine], SweepOptions(seeds=2, overrides=nothing_kept), measuring=False)
    assert [(cell.cell[2], cell.left) for cell in plan.cells] == [("none", 2), ("se", 2)]
    value = {"none": 40.0, "se": 41.0}
    runs = [
        made_run(run, value[run.cell.attention] + run.cell.seed * (run.cell.attention == "se"))
        for run in experiment_runs("mine", ["seed=1,2"])
    ]
    keep(runs, tmp_path / "experiments" / "mine")
    files = committed_files(judge_kept(tmp_path / "experiments"), tmp_path / "experiments")
    text = files[tmp_path / "experiments" / "mine" / "README.md"]
    assert text.splitlines()[2:5] == ["# Does SE help?", "", "Is it better than nothing?"]
    assert "| se | 2 | 42.50 [" in text
    assert "| Handwritten digits" not in files[README]  # which compares with lga
    found = "undecided: 1 (none gains more than 8.9 points)"
    assert f"](experiments/mine/README.md) | 2 of 2 | {found} |" in files[README]
    assert (tmp_path / "experiments" / "mine" / "results.csv") in files


def test_the_readme_has_means_by_attention():
    """Gains of two seeds: of none +1 and +1.2 of LGA; one seed has no interval."""
    grid = ["dataset=digit_scenes", "attention=none,se,lga"]
    value = {"none": 60.0, "se": 59.0, "lga": 61.0}
    runs = [
        made_run(run, value[run.cell.attention] + run.cell.seed * (1.2 if run.cell.attention == "lga" else 1))
        for run in experiment_runs("embedded", [*grid, "seed=1,2"])
    ]

    def block(shown):
        found = judge(experiment_called("embedded"), shown, grid)
        return readme_block({page_called("embedded"): [found]}).splitlines()

    place = "| Scenes of digits, MobileNetV3 (mAP50)"
    first = [run for run in runs if run.record.cell.seed == 1]
    assert block(first)[4] == f"{place} | 1 | 61.00 | 60.00 | - | - | 62.20 | +1.20 | undecided |"
    assert block(first)[-2].endswith("| 3 of 3 | undecided: 2 |")
    both = block(runs)[4]
    assert both.startswith(f"{place} | 2 | 61.50 | 60.50 | - | - | 62.80 | +1.30 \\[+0.")
    assert both.endswith("\\] | gain |")


def test_what_a_page_says_is_no_part_of_a_run(conf):
    before = [run.config_hash for run in experiment_runs("embedded", ["seed=1"])]
    text = (conf / "embedded.yaml").read_text()
    (conf / "again.yaml").write_text(text.replace("title: ", "title: Not ").replace("order: 8", "order: 80"))
    runs = experiment_runs("again", ["seed=1"])
    assert [run.config_hash for run in runs] == before
    assert "experiment" not in runs[0].config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("experiment: {titel: x}\n", r"mine.yaml: experiment.titel is no such key; valid: title, question"),
        (
            "experiment: {title: x, looks: [10, 3]}\n",
            r"mine.yaml: experiment.looks: numbers of seeds are needed",
        ),
        ("experiment: {title: x, axes: recipe.epochs}\n", r"mine.yaml: experiment.axes: a list of settings"),
        (
            "experiment: {title: x, axes: [attention.block.heads]}\n",
            r"mine.yaml: experiment.axes: a list of settings, none of the attention's, is needed",
        ),
        ("experiment: {title: x, looks: 3}\n", r"mine.yaml: experiment.looks: numbers of seeds are needed"),
        ("experiment: {question: x}\n", r"mine.yaml: experiment.title is missing; valid: title, "),
        ("experiment: [\n", r"mine.yaml: cannot be read as YAML: "),
    ],
)
def test_a_mistake_is_one_line(conf, text, message):
    (conf / "mine.yaml").write_text(text)
    with pytest.raises(UserError, match=message) as raised:
        all_experiments()
    assert len(str(raised.value).splitlines()) == 1


def test_a_sweep_that_says_nothing_of_itself_has_no_page():
    assert "digits_attentions" not in {experiment.name for experiment in all_experiments()}
