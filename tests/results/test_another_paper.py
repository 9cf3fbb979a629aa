"""Another paper's published numbers, in a folder of one's own: planned, run, judged and shown."""

from dataclasses import replace

import pytest

import lga
from lga.config.compose import compose
from lga.config.grid import experiment_runs
from lga.dashboard.page.paper import table_json
from lga.results.collect import collect
from lga.results.experiments import all_pages, chosen_pages, project_pages
from lga.results.judging import judge
from lga.results.plan.plan import plan_sweeps
from lga.results.plan.sweep_options import SweepOptions
from lga.results.published import load_published
from lga.results.reports.markdown import markdown
from lga.run.execute import execute
from lga.run.folder.record import DataRecord
from lga.system.errors import UserError
from scripts.auditing.report import markdown as audit_page
from scripts.auditing.rows import audit
from tests.data.trees import own
from tests.results.runs import made_run
from tests.run.cells import QUICK, ROOT

FOLDER = ROOT / "examples" / "eca_net"
IMAGES = {"train": 1_281_167, "val": 50_000, "test": 50_000}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The example's configs, and made images in ImageNet's folders."""
    monkeypatch.setenv("LGA_CONFIG_DIR", str(FOLDER))
    monkeypatch.setenv("LGA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LGA_OUTPUT_DIR", str(tmp_path / "out"))
    own.write_image_folder(tmp_path / "imagenet", images=4)
    return tmp_path


@pytest.fixture
def eca_net(folder):
    ((page, (found,)),) = chosen_pages("eca_net").items()
    return page, found


def run_of(run, top1, counts):
    data = DataRecord(manifest_hash="0" * 64, files={}, counts=counts)
    return made_run(
        run, top1, scale="full", monitor="val/top1", metrics={"top1": top1, "top5": 90.0}, data=data
    )


def judged(experiment, counts, none=(75.1, 75.2, 75.3), eca=(76.0, 76.2, 76.1)):
    values = {"none": none, "eca_adaptive": eca}
    runs = experiment_runs("eca_net", ["seed=1,2,3"])
    return judge(
        experiment, [run_of(run, values[run.cell.attention][run.cell.seed - 1], counts) for run in runs]
    )


def test_whole_runs_are_held_against_it(eca_net):
    page, experiment = eca_net
    results = judged(experiment, IMAGES)
    assert results.scales == ("full",)
    assert [str(row.verdict.word) for row in results.rows] == ["consistent", "not consistent"]
    (claim,) = results.claims
    assert (claim.published, claim.slack) == (2.28, 0.01)
    assert claim.verdict.ours.mean == pytest.approx(0.9)
    assert "the published gain is not consistent with one run of each" in claim.sentence
    text = markdown(page, [results])
    assert "| none | 3 | 75.20 | 75.20 [" in text
    assert "| 24.37M | not compared: of 3 classes, published of 1000 |" in text
    shown = table_json(results, None, {id(run): place for place, run in enumerate(results.runs)})
    assert shown["metrics"] == ["top-1 accuracy"]
    assert [(one["published"], one["digits"]) for one in shown["rows"][1]["numbers"]] == [(77.48, 2)]


def test_runs_on_other_images_are_not(eca_net):
    results = judged(eca_net[1], {"train": 12, "val": 12, "test": 12})
    assert results.scales == ("study",)
    assert [str(row.verdict.word) for row in results.rows] == ["undecided", "undecided"]


def test_a_cell_is_planned_trained_and_rendered(eca_net, folder):
    page, experiment = eca_net
    small = (
        *QUICK[2:],
        "logger=csv",
        "dataset.image_size=32",
        "recipe.batch_size=6",
        "trainer.num_workers=0",
    )
    options = SweepOptions(seeds=1, scale="smoke", overrides=small)
    plan = plan_sweeps("eca_net", [experiment], options, measuring=False)
    assert [(cell.cell[2], cell.left) for cell in plan.cells] == [("none", 1), ("eca_adaptive", 1)]
    assert plan.data["imagenet"].counts.train == 12
    _, run = experiment_runs("eca_net", options.of_runs)
    execute(run)
    again = plan_sweeps("eca_net", [experiment], options, measuring=False)
    assert [cell.cached for cell in again.cells] == [0, 1]
    results = judge(experiment, collect(folder / "out" / "runs").runs, options.overrides)
    text = markdown(page, [results])
    assert "# ECA-Net: ResNet-50 on ImageNet (1 of 2 cells, smoke; with " in text
    assert "| eca\\_adaptive | 1 | 77.48 | " in text


def test_data_that_is_not_here_is_planned_as_missing(eca_net, folder, monkeypatch):
    """Once it is there, the same process reads it."""
    monkeypatch.setenv("LGA_DATA_DIR", str(folder / "none"))
    options = SweepOptions(seeds=2, scale="full")
    plan = plan_sweeps("eca_net", [eca_net[1]], options, measuring=False)
    assert [(cell.cell, cell.left) for cell in plan.cells] == [
        (("imagenet", "resnet50_in_blocks", name), 2) for name in ("none", "eca_adaptive")
    ]
    assert plan.runnable == ()
    assert plan.missing["imagenet"].startswith(f"{folder}/none/imagenet: no such folder; put ")
    own.write_image_folder(folder / "none" / "imagenet", images=4)
    plan = plan_sweeps("eca_net", [eca_net[1]], options, measuring=False)
    assert plan.missing == {}
    assert {run.config["dataset"]["num_classes"] for run in experiment_runs("eca_net", options.of_runs)} == {
        3
    }


def test_rows_that_no_cell_runs_are_refused_by_the_plan(eca_net):
    _, experiment = eca_net
    rows = (experiment.rows[0], replace(experiment.rows[1], attention="eca_adaptiv"))
    (mistaken := replace(experiment)).__dict__["rows"] = rows
    message = (
        r"eca_net_resnet50.csv: attention=eca_adaptiv: no cell of experiment=eca_net; did you mean eca_adap"
    )
    with pytest.raises(UserError, match=message):
        plan_sweeps("eca_net", [mistaken], SweepOptions(seeds=1), measuring=False)


def test_its_page_is_none_of_the_projects(eca_net):
    page, experiment = eca_net
    assert page in all_pages()
    assert page not in project_pages()
    assert experiment.folder == FOLDER / "eca_net"


def test_its_rows_are_had_by_name(eca_net):
    (none, eca) = lga.published("eca_net").to_dict("records")
    assert (none["top1"], eca["top1"]) == (75.2, 77.48)


def test_without_the_folder_there_is_none_of_it(eca_net, monkeypatch):
    monkeypatch.delenv("LGA_CONFIG_DIR")
    with pytest.raises(UserError, match="eca_net: no such experiment"):
        chosen_pages("eca_net")
    with pytest.raises(UserError, match="experiment=eca_net: no such option"):
        experiment_runs("eca_net")


def test_a_folder_that_is_not_there_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("LGA_CONFIG_DIR", str(tmp_path / "none"))
    for read in (all_pages, compose):
        with pytest.raises(UserError, match=r"^LGA_CONFIG_DIR: .*none: no such folder$"):
            read()


def test_its_counts_are_explained_by_units(eca_net):
    rows = audit(eca_net[1].rows, "eca_net")
    assert [row.counts.parameters for row in rows] == [25_557_032, 25_557_118]
    assert [row.explained.explanation.name for row in rows] == ["binary millions"] * 2
    assert [f"{row.explained.parameters / 1e6:.2f}" for row in rows] == ["24.37"] * 2
    assert "| 24.37M | 25,557,032 | 3.86 |" in audit_page(rows, [])


def test_classes_that_the_file_leaves_out_are_the_data_sets(eca_net):
    row = replace(eca_net[1].rows[0], num_classes=None)
    assert [one.network.num_classes for one in audit([row], "eca_net")] == [3]


def test_a_row_whose_classes_are_not_known_is_left_out(eca_net, folder, monkeypatch, capsys):
    monkeypatch.setenv("LGA_DATA_DIR", str(folder / "none"))
    row = replace(eca_net[1].rows[0], num_classes=None)
    assert audit([row], "eca_net") == ()
    message = (
        "left out: imagenet/resnet50_in_blocks/none: its data is not here to count its classes; fill in "
    )
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("printed", "counted", "found"),
    [
        ("24.37M", 25_557_032, 'its "M" is 2^20'),
        ("25.56M", 25_557_032, "equal"),
        ("25.55M", 25_557_032, None),
        ("25557032", 25_557_032, "equal"),
        ("25557033", 25_557_032, None),
        ("7K", 7_168, "equal"),
    ],
)
def test_counts_are_compared_in_the_printed_digits(tmp_path, printed, counted, found):
    path = tmp_path / "paper.csv"
    path.write_text(f"dataset,model,attention,top1,parameters\nd,m,se,77.1,{printed}\n")
    (row,) = load_published(path)
    assert row.count_of(counted) == found


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ("dataset,model,attention,top", "d,m,se,7"),
            ":1: top: no such column; did you mean top1? valid: tables,",
        ),
        (
            ("dataset,model,model,attention,top1", "d,m,m,se,7"),
            ":1: two columns are called model; remove one",
        ),
        (
            ("dataset,model,top1", "d,m,7"),
            ":1: has no column attention; it needs dataset,model,attention and a",
        ),
        (("dataset,model,attention,top1",), ": no rows; write one for each published number"),
        (("dataset,model,attention,top1", "d,,se,7"), ":2: model='': not a name"),
        (("dataset,model,attention,top1", "d,m,se,nan"), ":2: top1='nan': not a percentage, from 0 to 100"),
        (("dataset,model,attention,top1", "d,m,se,101"), ":2: top1='101': not a percentage, from 0 to 100"),
        (("dataset,model,attention,top1,gflops", "d,m,se,7,0"), ":2: gflops='0': not a number above 0"),
        (
            ("dataset,model,attention,top1,task", "d,m,se,7,x"),
            ":2: task='x': not classification or detection",
        ),
        (
            ("dataset,model,attention,top1,optimizer", "d,m,se,7,x"),
            ":2: optimizer='x': not SGD, Adam or AdamW",
        ),
        (("dataset,model,attention,top1", "d,m,se,"), ":2: a row of classification has top1 perhaps top5"),
        (
            ("dataset,model,attention,map50_95", "d,m,se,1"),
            ":2: a row of detection has map50 perhaps map50_95",
        ),
        (
            ("dataset,model,attention,top1,parameters", "d,m,se,7,24.37m"),
            ":2: parameters='24.37m': not a whole number from 1, or",
        ),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, lines, message):
    path = tmp_path / "paper.csv"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError) as raised:
        load_published(path)
    assert str(raised.value).startswith(f"{path}{message}")
    assert "\n" not in str(raised.value)


def test_detection_of_another_paper_has_its_metrics(tmp_path):
    path = tmp_path / "paper.csv"
    path.write_text("dataset,model,attention,map50\nd,m,none,50\n")
    (row,) = load_published(path)
    assert (row.task, row.metrics, row.decimals) == ("detection", ("paper/map50",), 0)
