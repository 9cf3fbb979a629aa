"""Folds of a set of one's own: every image judged once, classes evenly, the fold known by the seed."""

import numpy as np
import pytest

from lga.config.compose import compose
from lga.config.frozen_run import FrozenRun, freeze
from lga.data.own.own_set import NO_TEST
from lga.results.answers import place
from lga.results.collect import CollectedRun
from lga.results.comparison import compare
from lga.results.families import Row
from lga.results.items import row_gain
from lga.run.build import build_data
from lga.run.execute import execute
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from tests.data.own.test_own_configs import overrides
from tests.data.trees import own
from tests.results.runs import made_run
from tests.run.cells import cell

FOLDS = 3


def data_of(tmp_path, kind, seed):
    given = overrides(kind, tmp_path / "zoo")
    return build_data(freeze(compose([*given, f"dataset.folds={FOLDS}", f"seed={seed}"])).cfg)


def names(split):
    return (split.names if hasattr(split, "names") else split.images.names).tolist()


@pytest.mark.parametrize(("kind", "images"), [("image_folder", 18), ("yolo", 7), ("coco", 4)])
def test_each_image_is_judged_in_one_fold_and_trained_on_in_no_judged_one(tmp_path, kind, images, caplog):
    judged = []
    for seed in range(FOLDS):
        splits = data_of(tmp_path, kind, seed).splits
        parts = [names(split) for split in (splits.train, splits.val, splits.test)]
        assert sorted(name for part in parts for name in part) == sorted({n for part in parts for n in part})
        assert splits.selection == "validation"
        assert splits.dropped[f"fold {seed + 1} of 3 is judged, by the seed"] == 1
        assert NO_TEST not in splits.dropped
        assert NO_TEST not in caplog.text
        judged += parts[2]
    assert len(judged) == len(set(judged)) == images
    assert names(data_of(tmp_path, kind, FOLDS).splits.test) == names(data_of(tmp_path, kind, 0).splits.test)


def test_classes_are_even_and_labels_stay_with_their_images(tmp_path):
    splits = data_of(tmp_path, "image_folder", 1).splits
    for split in (splits.train, splits.val, splits.test):
        assert np.bincount(split.labels.numpy()).tolist() == [2, 2, 2]
        classes = [own.NAMES.index(name.split("/")[1]) for name in names(split)]
        assert classes == split.labels.tolist()


def test_boxes_stay_with_their_images(tmp_path):
    whole = build_data(freeze(compose(overrides("yolo", tmp_path / "zoo"))).cfg).splits
    boxes = {
        name: split.targets(index).boxes.tolist()
        for split in (whole.train, whole.val)
        for index, name in enumerate(names(split))
    }
    tested = data_of(tmp_path, "yolo", 2).splits.test
    assert len(tested) == 2
    for index, name in enumerate(names(tested)):
        assert tested.targets(index).boxes.tolist() == boxes[name]


def test_a_run_trains_and_evaluates_on_its_fold(tmp_path, capsys):
    small = ("dataset.image_size=32", "recipe.batch_size=3", "trainer.num_workers=0", "seed=1")
    chosen = [*overrides("image_folder", tmp_path / "zoo"), *small, "dataset.folds=3"]
    run = cell(tmp_path / "out", *chosen)
    execute(run)
    record = read_record(run.directory / "result.json")
    assert record.data.counts == {"train": 6, "val": 6, "test": 6}
    assert record.data.dropped == {"fold 2 of 3 is judged, by the seed": 1}
    capsys.readouterr()
    execute(cell(tmp_path / "out", *chosen, "mode=evaluate"))
    assert f"{record.metrics['top1']:.2f}" in capsys.readouterr().out
    row = Row("none", "none", [CollectedRun(run.directory, record)], ())
    assert row_gain(row, row) is None  # images of one seed are no other seed's


def test_folds_are_paired_by_seed(tmp_path):
    """Folds that are harder for all lend no spread to a gain of 2 with a noise of tenths."""
    given = [*overrides("image_folder", tmp_path / "zoo"), "dataset.folds=3"]
    runs = []
    for gain, attention in enumerate(("none", "se")):
        run = freeze(compose([*given, f"attention={attention}"]))
        for seed in range(6):
            top1 = 50.0 + 20 * (seed % 3) + 2 * gain + (seed * 7 % 5) * (0.1 - 0.2 * gain)
            one = FrozenRun({**run.config, "seed": seed})
            runs.append(made_run(one, top1, scale="full", monitor="val/top1", metrics={"top1": top1}))
    (found,) = compare(runs)
    estimate = found.groups[1].gain.estimate
    assert estimate.n == 6
    assert 1 < estimate.low < estimate.mean < 2
    assert place(found).endswith(", folds 3")


def test_what_cannot_be_folded_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"^dataset\.folds: this data set has splits"):
        freeze(compose(["dataset=digits", "dataset.folds=5"]))
    with pytest.raises(
        UserError, match=r"^dataset\.folds=2: 3 to 1000, since one part selects and one judges$"
    ):
        freeze(compose([*overrides("image_folder", tmp_path / "zoo"), "dataset.folds=2"]))


@pytest.mark.parametrize(
    ("kind", "folds", "message"),
    [("image_folder", 7, "class cat has 6 images"), ("yolo", 8, "zoo has 7 images")],
)
def test_more_folds_than_images(tmp_path, kind, folds, message):
    given = overrides(kind, tmp_path / "zoo")
    data = build_data(freeze(compose([*given, f"dataset.folds={folds}", "seed=500"])).cfg)
    with pytest.raises(UserError, match=rf"^dataset\.folds={folds}: {message}, fewer than folds; set"):
        _ = data.splits


def test_folds_of_classes_of_one_image(tmp_path):
    """Nothing is held out for validation first, which would be refused for another reason."""
    root = own.write_image_folder(tmp_path, ("train",), images=1)
    given = [f"dataset.path={root}", f"paths.output_dir={tmp_path}", "dataset.folds=3"]
    data = build_data(freeze(compose(["dataset=image_folder", *given])).cfg)
    with pytest.raises(UserError, match=r"^dataset\.folds=3: class cat has 1 image, fewer than folds; set"):
        _ = data.splits
