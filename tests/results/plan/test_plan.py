"""Plans: work, times and sums worked out by hand; what is there and what is missing; how it is reported.

Images of a run that trains 5 epochs on 120 and judges 30 and 60 of them at a third of the cost:
5 * (120 + 30 / 3) + 60 / 3 = 670.
"""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from lga.config.grid import experiment_runs
from lga.data.classification.mnist import MNISTReader
from lga.data.published.gwhd.codalab import GWHDCodalabReader
from lga.data.published.visdrone import VisDroneReader
from lga.results.plan.image_counts import ImageCounts, image_counts
from lga.results.plan.plan import DataState, Plan, PlannedCell, planned_cells
from lga.results.plan.plan_view import duration, show_plan, summary
from lga.results.plan.step_times import StepTimes, Work, network_key, times_of_records
from lga.results.plan.sweep_options import SweepOptions
from lga.results.plan.timed_step import seconds_an_image
from lga.results.reports.committed import keep
from lga.run.folder import directory
from lga.run.folder.data_files import missing_data
from lga.run.folder.record import DataRecord, write_record
from lga.system.errors import UserError
from tests.data.trees.gwhd import write_codalab
from tests.data.trees.visdrone import write_tree
from tests.results.runs import composed, finished

HERE = {"accelerator": "cpu", "cpu": "abacus", "cores": 4, "threads": 1}
DEVICE = "4 cores, abacus"
COUNTS = ImageCounts(120, 30, 60)


@pytest.fixture(scope="module")
def run():
    return composed("recipe.epochs=5", "attention=none", seeds="1")[0]


def test_work_of_a_config(run):
    work = Work.of(run.config, 120, 30, 60)
    assert work == Work(epochs=5, train=120, val=30, test=60)
    assert work.images == pytest.approx(670)


def test_a_trainer_cuts_the_work(run):
    """Two batches of 16 in training, two of 32 in judging; 30 images are fewer than that."""
    trainer = {**run.config["trainer"], "max_epochs": 2, "limit_train_batches": 2, "limit_eval_batches": 1}
    work = Work.of({**run.config, "trainer": trainer}, 120, 30, 60)
    assert work == Work(epochs=2, train=32, val=30, test=32)


def timed(run, **fields):
    counts = DataRecord(manifest_hash="0" * 64, files={}, counts={"train": 120, "val": 30, "test": 60})
    return finished(run, 20.0, **{"seconds": 2680.0, "data": counts, "environment": HERE, **fields}).record


def test_times_of_records(run):
    """2,680 s on one of four cores are 670 s of the machine for 670 images."""
    assert times_of_records([timed(run)], DEVICE) == {network_key(run.config, DEVICE): pytest.approx(1.0)}


@pytest.mark.parametrize(
    "fields",
    [
        {"environment": {**HERE, "cpu": "slide rule"}},
        {"environment": {**HERE, "accelerator": "some GPU"}},
        {"environment": {}},
        {"resumed": 3},
        {"scale": "smoke"},
        {"status": "failed", "error": "x"},
    ],
)
def test_records_that_tell_no_time(run, fields):
    assert times_of_records([timed(run, **fields)], DEVICE) == {}


def test_a_network_is_measured_once(run, tmp_path):
    measured = []

    def measure(config):
        measured.append(config)
        return 0.25

    path = tmp_path / "cache" / "times.json"
    times = StepTimes(path, DEVICE, [], measure)
    assert [times.seconds_an_image(run.config) for _ in range(2)] == [0.25, 0.25]
    assert len(measured) == 1
    assert StepTimes(path, DEVICE, [], None).seconds_an_image(run.config) == 0.25
    assert StepTimes(path, "another device", [], None).seconds_an_image(run.config) is None
    path.write_text("damaged")
    assert StepTimes(path, DEVICE, [], None).seconds_an_image(run.config) is None


def test_a_record_tells_better_than_a_few_steps(run, tmp_path):
    path = tmp_path / "times.json"
    path.write_text(json.dumps({network_key(run.config, DEVICE): 9.0}))
    assert StepTimes(path, DEVICE, [timed(run)], None).seconds_an_image(run.config) == pytest.approx(1.0)


def test_runs_are_finished_started_or_left(tmp_path):
    runs = composed(f"paths.output_dir={tmp_path}", "attention=none", "recipe.epochs=5")
    runs[0].directory.mkdir(parents=True)
    write_record(runs[0].directory / "result.json", finished(runs[0], 22.0).record)
    (runs[1].directory / "checkpoints").mkdir(parents=True)
    (runs[1].directory / "checkpoints" / "last.ckpt").touch()
    times = StepTimes(tmp_path / "times.json", DEVICE, [timed(runs[0])], None)
    (cell,) = planned_cells(runs, {"visdrone": DataState(COUNTS, None)}, times, {})
    assert (cell.cached, cell.started, cell.left) == (1, 1, 2)
    assert cell.seconds == pytest.approx(670 + 10)
    runs[2].directory.mkdir(parents=True)
    (runs[2].directory / "result.json").write_text("{")  # damaged: as good as none
    (cell,) = planned_cells(runs, {"visdrone": DataState(COUNTS, None)}, times, {})
    assert (cell.left, cell.problems) == (2, ())
    write_record(runs[2].directory / "result.json", finished(runs[0], 22.0).record)  # of another run
    (cell,) = planned_cells(runs, {"visdrone": DataState(COUNTS, None)}, times, {})
    assert cell.left == 1
    assert "another config" in cell.problems[0]


def test_a_kept_record_counts_as_finished(tmp_path, monkeypatch):
    monkeypatch.setattr(directory, "KEPT", tmp_path)
    runs = composed(f"paths.output_dir={tmp_path}", "attention=none", "recipe.epochs=5")
    keep([finished(runs[0], 22.0)], tmp_path / "table3")  # which the experiment names
    times = StepTimes(tmp_path / "times.json", DEVICE, [], None)
    (cell,) = planned_cells(runs, {"visdrone": DataState(COUNTS, None)}, times, {})
    assert (cell.cached, cell.left) == (1, 2)


@pytest.fixture
def plan():
    """Of two cells of one set that is here two runs are left, of 1.5 and of 0.5 hours; another is missing."""
    cells = (
        PlannedCell(("visdrone", "resnet18", "none"), 2, 0, 1, 5400.0, 3_000_000_000),
        PlannedCell(("visdrone", "resnet18", "lga"), 2, 1, 1, 1800.0, 1_000_000_000),
        PlannedCell(("gwhd", "resnet18", "none"), 0, 0, 3, 3600.0, 1_000_000_000),
    )
    data = {"visdrone": DataState(COUNTS, None), "gwhd": DataState(COUNTS, "no [wheat]; sow", 500_000_000)}
    return Plan("table3", "full", cells, data, DEVICE, 1, Path("outputs"), 10_000_000_000)


def test_sums_of_a_plan(plan):
    assert plan.datasets == ("visdrone",)
    assert plan.hours(plan.runnable) == pytest.approx(2.0)
    assert plan.hours(plan.cells) == pytest.approx(5.0)
    assert replace(plan, devices=2).hours(plan.cells) == pytest.approx(2.5)
    assert (plan.bytes(plan.runnable), plan.bytes(plan.cells)) == (4_000_000_000, 7_500_000_000)


def test_an_unknown_time_is_reported_as_unknown(plan):
    unknown = replace(plan, cells=(replace(plan.cells[0], seconds=None), *plan.cells[1:]))
    assert unknown.hours(unknown.cells) is None
    assert summary(unknown)[0].startswith("2 of 3 cells can run: 4 runs cached, 2 left, unknown time on")


def test_a_plan_in_words(plan):
    assert summary(plan) == [
        "2 of 3 cells can run: 4 runs cached, 2 left, about 2.0 h on 4 cores, abacus",
        "with all data: 5 runs left, about 5.0 h, 7.5 GB of disk",
        "disk: 4.0 GB needed, 10.0 GB free",
        "missing: Global Wheat: no [wheat]; sow",
    ]
    assert "too little" in summary(replace(plan, free_bytes=10))[2]
    text = io.StringIO()
    show_plan(plan, Console(file=text))
    lines = text.getvalue().splitlines()
    (wheat,) = [line for line in lines if line.startswith("│ Global Wheat")]
    assert [cell.strip() for cell in wheat.strip("│").split("│")] == [
        "Global Wheat", "ResNet18", "missing", "120 + 60", "1", "0", "3", "about 3.0 h",
    ]  # fmt: skip
    assert "2 (1 started)" in text.getvalue()
    assert lines[-1] == "missing: Global Wheat: no [wheat]; sow"


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (None, "unknown time"),
        (0.0, "no time"),
        (0.001, "about 1 min"),
        (3.0, "about 3.0 h"),
        (72.0, "about 3 days"),
    ],
)
def test_durations(hours, message):
    assert duration(hours) == message


def test_a_subset_lacks_nothing_without_one_of_the_parts_that_a_plan_joins(tmp_path):
    root = write_codalab(tmp_path / "data")
    for path in sorted(root.rglob("nau_1")) + sorted(root.rglob("nau_1.json")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    reader = GWHDCodalabReader(tmp_path / "data", tmp_path / "cache", subset=True)
    assert reader().counts["test"]
    assert missing_data(reader) is None
    nothing = GWHDCodalabReader(tmp_path / "other", tmp_path / "cache", subset=True)
    assert "unpack one distribution of the set" in missing_data(nothing)
    assert image_counts("gwhd", nothing) == image_counts("gwhd", None)


def test_what_is_missing_and_how_many_images_there_are(tmp_path):
    reader = VisDroneReader(tmp_path / "data", tmp_path / "cache", splits="paper")
    assert "VisDrone2019-DET-train/annotations: not there" in missing_data(reader)
    assert image_counts("visdrone", reader) == ImageCounts(6471, 548, 548)
    write_tree(tmp_path / "data", images=5, parts=("train",))
    assert "VisDrone2019-DET-val/annotations: not there" in missing_data(reader)
    write_tree(tmp_path / "data", images=4, parts=("val",))
    assert missing_data(reader) is None
    assert image_counts("visdrone", reader) == ImageCounts(6471, 548, 548)
    reader()
    assert image_counts("visdrone", reader) == ImageCounts(5, 4, 4)
    assert "train-images-idx3-ubyte.gz" in missing_data(MNISTReader(tmp_path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": "huge"}, "SCALE=huge: valid: full, reduced, smoke"),
        ({"jobs": 0}, "JOBS=0: a whole number from 1"),
        ({"jobs": 2, "launcher": "basic"}, "LAUNCHER=basic takes none"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(UserError, match=message):
        SweepOptions(**options)


def test_options_as_overrides():
    options = SweepOptions(2, "smoke", 3, "joblib", ("attention=lga",))
    assert options.of_runs == ("seed=1,2", "trainer=smoke", "attention=lga")
    assert options.of_launcher == ("hydra/launcher=joblib", "hydra.launcher.n_jobs=3")
    two = SweepOptions(jobs=2).of_launcher
    assert two == ("hydra/launcher=lga", "hydra.launcher.jobs_per_device=2")
    assert SweepOptions().of_runs == ("seed=1,2,3", "trainer=default")
    assert SweepOptions().of_launcher == ("hydra/launcher=lga",)


def test_a_few_steps_are_timed():
    """On the processor's clock, so that sixteen times the pixels take longer on a busy machine too."""
    small, large = (
        experiment_runs("table3", ["dataset=gwhd", "attention=none", "seed=1", f"dataset.image_size={side}"])
        for side in (64, 256)
    )
    assert 0 < seconds_an_image(small[0].config) < seconds_an_image(large[0].config)


def test_a_classifier_is_timed_too():
    (run,) = experiment_runs("table1", ["dataset=mnist", "attention=none", "seed=1"])
    assert seconds_an_image(run.config) > 0
