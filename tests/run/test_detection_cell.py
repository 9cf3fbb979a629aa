"""A detection cell end to end on the embedded scenes: composed, trained, judged, recorded, drawn."""

import json
from hashlib import sha256

import cv2
import pytest

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from tests.run.cells import cell

FEW = ("dataset.reader.train=32", "dataset.reader.val=40", "dataset.reader.test=40")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder and record of a smoke run of `lga`."""
    folder = tmp_path_factory.mktemp("detection")
    scenes = ("dataset=digit_scenes", "dataset.image_size=64", f"paths.data_dir={folder}", *FEW)
    run = RunDirectory(cell(folder, *scenes, "attention=lga"))
    execute(run.run)
    return run, read_record(run.result)


def test_the_record_has_both_protocols(finished):
    run, record = finished
    assert (record.status, record.protocol) == ("finished", "detection")
    assert str(run.run.cell) == "digit_scenes/mobilenetv3/yolov8/lga seed 0"
    assert "mobilenetv3-yolov8" in run.path.parts
    assert {
        "paper/map50",
        "paper/map50_95",
        "coco/map",
        "coco/map50",
        "coco/map_small",
    } <= record.metrics.keys()
    assert {name.split("/")[0] for name in record.metrics} == {"paper", "coco"}
    assert record.score == record.metrics["paper/map50"]
    assert record.metrics_per_class.keys() == set("0123456789")
    assert {"paper/map50", "coco/map"} <= record.metrics_per_class["0"].keys()


def test_the_record_has_counts_and_complexity(finished):
    record = finished[1]
    assert record.data.counts == {"train": 32, "val": 40, "test": 40}
    assert record.data.dropped == {}
    assert record.attention_parameters == 14358
    assert record.selection.rule == "best val/paper/fitness"


def test_pictures_and_curves_are_left(finished):
    """Of images drawn by their names: 64 pixels, enlarged 8 times, two side by side below a heading."""
    folder = finished[0].path
    pictures = sorted((folder / "pictures").iterdir())
    names = sorted((f"test-{n:05}" for n in range(40)), key=lambda name: sha256(name.encode()).digest())
    assert [path.stem for path in pictures] == [f"{n}-{name}" for n, name in enumerate(names[:8])]
    assert cv2.imread(str(pictures[0])).shape == (8 * 64 + 24, 2 * 8 * 64, 3)
    curves = json.loads((folder / "curves.json").read_text())
    assert len(curves["confusion"]["true_by_found"]) == 11
    assert len(curves["precision_recall"]["recall"]) == 101


@pytest.mark.parametrize("split", ["test", "val"])
def test_evaluating_it_again(finished, split, capsys):
    """The test split gives the record's numbers; both leave pictures and curves of their own."""
    run, record = finished
    paths = [f"paths.{name}={run.run.config['paths'][name]}" for name in ("data_dir", "output_dir")]
    scenes = ("dataset=digit_scenes", "dataset.image_size=64", *FEW, "attention=lga")
    again = cell(run.path, *scenes, *paths, "mode=evaluate", f"mode.split={split}")
    score = execute(again)
    metrics = json.loads((run.path / f"evaluation-{split}" / "metrics.json").read_text())["metrics"]
    assert score == metrics["paper/map50"]
    assert (run.path / f"evaluation-{split}" / "curves.json").is_file()
    if split == "test":
        assert metrics == record.metrics


def test_the_dataset_picks_task_detector_and_recipe():
    config = freeze(compose(["dataset=digit_scenes"])).config
    assert [config[group]["name"] for group in ("task", "detector", "recipe")] == [
        "detection",
        "yolov8",
        "digit_scenes",
    ]
    assert freeze(compose(["dataset=digits"])).config["detector"]["name"] == "none"


def test_an_option_of_another_task_is_refused(tmp_path):
    with pytest.raises(UserError, match="recipe=digits has no settings for task=detection: leave recipe out"):
        freeze(compose(["dataset=digit_scenes", "recipe=digits"]))
    with pytest.raises(UserError, match=r"detector=none detects nothing; .*: leave detector out"):
        execute(cell(tmp_path, "dataset=digit_scenes", "detector=none", "mode=describe"))


def test_a_recipe_reaches_loss_and_augmentation(tmp_path):
    from lga.run.build import build_data, build_network

    cfg = cell(
        tmp_path,
        "dataset=digit_scenes",
        "recipe=paper_sgd",
        "recipe.detection.box_gain=5",
        "recipe.detection.mosaic=0.5",
    ).cfg
    assert build_network(cfg).gains.box == 5
    assert build_network(cfg).gains.distribution == 1.5
    data = build_data(cfg)
    assert (data.augmentation.mosaic, data.augmentation.close_mosaic, data.epochs) == (0.5, 10, 100)
    assert data.augmentation.fliplr == 0.5


def test_describe_needs_no_data(tmp_path, capsys):
    """The frozen parameters are the values of the 16 bins."""
    execute(
        cell(
            tmp_path,
            "mode=describe",
            "mode.json=true",
            "dataset=digit_scenes",
            f"paths.data_dir={tmp_path / 'none'}",
        )
    )
    described = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert described["detector"] == "yolov8"
    assert described["parameters"] - described["trainable_parameters"] == 16
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_it_learns(tmp_path):
    """Six epochs from scratch, minutes; the first ends at 0 % mAP50."""
    run = cell(
        tmp_path, "dataset=digit_scenes", "trainer=default", "recipe.epochs=6", f"paths.data_dir={tmp_path}"
    )
    assert execute(run) > 5
