"""Published beside ours: what belongs together, what is left out, and the two files, line by line.

Intervals by hand: of 22.0, 22.4 and 22.8 the mean is 22.4, s = 0.4, and t(0.975, 2) = 4.3027 makes the margin
4.3027 * 0.4 / sqrt(3) = 0.9937, in log odds 0.9937 / (22.4 * 0.776) = 0.05717: 21.42 to 23.41.
"""

import csv
import io

import pytest

from lga.config.grid import experiment_runs
from lga.data.classification.published_files import PUBLISHED
from lga.results.judging import judge
from lga.results.reports.csv_text import csv_text, harmless
from lga.results.reports.markdown_tables import escaped
from lga.run.folder.record import DataRecord
from lga.system.errors import UserError
from scripts.kept_pages.rendering import END, START, readme_block, with_block
from tests.data.trees.idx import write_tree
from tests.results.runs import composed, experiment_called, finished, of_old_rule, page_called, page_text

TABLE1 = experiment_called("table1")
TABLE3 = experiment_called("table3")
NONE = (22.0, 22.4, 22.8)


@pytest.fixture(scope="module")
def runs():
    return composed()


@pytest.fixture(scope="module")
def full(runs):
    """Three seeds without attention, one with LGA."""
    none = [finished(run, value) for run, value in zip(runs[:3], NONE, strict=True)]
    return judge(TABLE3, [*none, finished(runs[3], 23.1)])


def test_nothing_ran():
    table = judge(TABLE3, [])
    assert (table.ran, table.scales) == (0, ())
    page = page_text(table)
    assert page.splitlines()[2] == "# Table 3: detection with ResNet18 on four datasets (not run)"
    assert page.count("*not run*") == 16
    assert " 0.0" not in page


def test_a_sweep_with_a_changed_setting_is_reported():
    """Its runs stand in cells of the table that was asked for so, and in no other."""
    (run, *_) = composed("dataset.image_size=320", "attention=none")
    overrides = ["dataset.image_size=320", "paths.data_dir=elsewhere", "attention=none"]
    table = judge(TABLE3, [finished(run, 22.0)], overrides)
    assert table.ran == 1
    assert r"(1 of 8 cells, study; with dataset.image\_size=320)" in page_text(table)
    assert judge(TABLE3, [finished(run, 22.0)]).ran == 0


def on_mnist(run, **changed):
    """A finished run on the published files but for those that are changed."""
    files = {file.name: file.sha256 for file in PUBLISHED["MNIST"]} | changed
    data = DataRecord(manifest_hash="0" * 64, files=files, counts={"train": 60_000})
    return finished(run, 0, protocol="classification", metrics={"top1": 99.0, "top5": 100.0}, data=data)


@pytest.mark.parametrize("own", [(), ("dataset.reader.verify=false",)])
def test_other_content_than_the_published_stands_in_no_cell(own, tmp_path):
    """Whatever `verify` says, of the run or of the table: what was read decides."""
    write_tree(tmp_path)
    overrides = ["dataset=mnist", "attention=none", f"paths.data_dir={tmp_path}", *own]
    (run,) = experiment_runs("table1", [*overrides, "seed=1"])
    (published,) = experiment_runs("table1", [*overrides[:2], "dataset.reader.verify=false", "seed=1"])
    other = on_mnist(run, **{"train-labels-idx1-ubyte": "0" * 64})
    for changes in ([], overrides):
        table = judge(TABLE1, [other], changes)
        assert table.ran == 0
        (message,) = table.others
        assert message.difference.endswith("not the published content: train-labels-idx1-ubyte")
    assert "with other settings or data, left out" in page_text(table)
    assert judge(TABLE1, [on_mnist(published)]).ran == 1


@pytest.mark.parametrize(("node", "key", "ran"), [("data", "train_share", 1), ("recipe", "select", 0)])
def test_a_setting_that_a_record_lacks_is_no_difference_only_where_it_has_a_neutral_value(
    runs, node, key, ran
):
    config = {**runs[0].config, node: {**runs[0].config[node]}}
    del config[node][key]
    found = judge(TABLE3, [finished(runs[0], 22.0, config=config)])
    assert (found.ran, len(found.others)) == (ran, 1 - ran)
    assert [run.scale for run in found.runs] == ["full"] * ran


@pytest.mark.parametrize(("new", "shown"), [(2, 20.0), (3, 30.0)])
def test_start_rules_are_not_mixed_most_runs_count_and_of_as_many_the_new_ones(runs, new, shown):
    old = [finished(of_old_rule(run), 20.0) for run in runs[:3]]
    table = judge(TABLE3, [*old, *(finished(run, 30.0) for run in runs[3 : 3 + new])])
    assert {value for cell in table.rows for value in cell.numbers[0].values.values()} == {shown}
    assert len(table.runs) == 3
    assert table.others == []


def test_markdown(full):
    lines = page_text(full).splitlines()
    assert lines[2] == "# Table 3: detection with ResNet18 on four datasets (2 of 8 cells, full)"
    ours = "22.40 [21.42, 23.41] | 12.5 | 11.20 [10.71, 11.71]"
    assert f"| none | 3 | 22.4 | {ours} | **consistent** | - | - | - | - | 904,214 | equal |" in lines
    lga = "| lga | 1 | 23.0 | 23.10 | 12.7 | 11.55 | **undecided** | +0.60 | +1.10 | - | undecided |"
    assert f"{lga} 1,052,444 | equal |" in lines
    claims = [
        line for line in lines if line.startswith("- LGA gains 0.60 mAP50 over no attention on VisDrone")
    ]
    assert len(claims) == 1
    assert "ours +1.10: undecided" in claims[0]


def test_csv(full):
    lines = list(csv.DictReader(io.StringIO(csv_text([full]))))
    assert len(lines) == 16
    first = lines[0]
    assert (first["metric"], first["published"], first["mean"]) == ("paper/map50", "22.4", "22.4")
    assert (first["low"][:7], first["high"][:7], first["seeds"]) == ("21.4220", "23.4093", "1 2 3")
    assert (first["scale"], first["verdict"]) == ("full", "consistent")
    assert (first["parameters_published"], first["parameters"]) == ("904214", "904214")
    absent = lines[4]
    assert (absent["dataset"], absent["mean"], absent["scale"]) == ("dota", "", "")
    assert absent["verdict"] == "not run"


def test_readme_block(full):
    block = readme_block(
        {page_called("table3"): [full], page_called("table4"): [judge(experiment_called("table4"), [])]}
    )
    lines = block.splitlines()
    link = "[Table 3: detection with ResNet18 on four datasets](experiments/table3/README.md)"
    assert lines[-4] == f"| {link} | 2 of 8 | consistent: 1, undecided: 1 |"
    assert lines[-2] == "No cell has run yet of [table4](experiments/table4/README.md)."
    readme = f"before\n{START}\nold\n{END}\nafter\n"
    assert with_block(with_block(readme, "x"), block) == f"before\n{START}{block}{END}\nafter\n"
    with pytest.raises(UserError, match="markers"):
        with_block("no markers", block)


@pytest.mark.parametrize(("scale", "trainer"), [("smoke", "smoke"), ("reduced", "reduced")])
def test_what_is_not_full_is_marked_and_held_against_nothing(scale, trainer):
    runs = composed(f"trainer={trainer}")
    table = judge(TABLE3, [finished(run, value, scale) for run, value in zip(runs[:3], NONE, strict=True)])
    page = page_text(table)
    assert f"(1 of 8 cells, {scale})" in page.splitlines()[2]
    assert f"| none | 3 | 22.4 | 22.40 [21.42, 23.41] *({scale})* |" in page
    assert "consistent**" not in page


def test_a_gain_is_never_taken_between_scales(runs):
    """One full run of the baseline: the smoke runs of both attentions are not shown beside it."""
    smoke = [finished(run, 1.0, "smoke") for run in composed("trainer=smoke", seeds="1")]
    table = judge(TABLE3, [finished(runs[0], 22.0), *smoke])
    assert [(cell.attention, cell.scale) for cell in table.rows[:2]] == [("none", "full"), ("lga", None)]
    assert judge(TABLE3, smoke).ran == 2


def test_runs_with_other_settings_are_reported_and_not_averaged(runs):
    (other,) = composed("attention=none", "recipe.epochs=7", seeds="1")
    table = judge(TABLE3, [finished(runs[0], 22.0), finished(other, 99.0)])
    assert dict(table.rows[0].numbers[0].values) == {1: 22.0}
    assert "7 epochs" in table.others[0].difference
    assert "visdrone, resnet18 + yolov8, none, seed 1: 7 epochs" in page_text(table)


def test_failed_runs_are_no_runs(runs):
    assert judge(TABLE3, [finished(runs[0], 22.0, status="failed", error="x")]).ran == 0


def test_a_repetition_is_no_further_seed(runs):
    again = finished(runs[0], 23.0, ended="2027-01-01T00:00:00+00:00")
    table = judge(TABLE3, [again, finished(runs[0], 22.0)])
    assert dict(table.rows[0].numbers[0].values) == {1: 23.0}


def test_counts_that_are_no_ones_are_unexplained(runs):
    table = judge(TABLE3, [finished(runs[0], 22.0, parameters=904_215)])
    assert table.rows[0].counts == "unexplained"


def test_strings_are_escaped():
    assert harmless("=1+1") == "'=1+1"
    assert [harmless(f"{start}x")[0] for start in ("+", "-", "@", "\t=")] == ["'"] * 4
    assert harmless("map50") == "map50"
    assert escaped("a|b\n<script>_*") == r"a\|b &lt;script&gt;\_\*"
