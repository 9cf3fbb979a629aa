"""The scenes as they are read: their digits, boxes and pixels, and what becomes of damage.

Digits of the splits are checked by counting as `digits` words its rule; pixels against the background alone.
"""

import contextlib
import io
import json
import multiprocessing
from dataclasses import replace

import numpy as np
import pytest

from lga.data.digit_scenes import DigitScenesReader
from lga.data.digit_scenes.glyphs import Draws, Glyphs
from lga.data.digit_scenes.layout import lay_out
from lga.data.digit_scenes.making import Backgrounds, digits_of, render
from lga.system.errors import UserError
from tests.data.classification.test_digits import roles_by_counting

SPLITS = ("train", "val", "test")
FEW = {"train": 4, "val": 2, "test": 2}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return DigitScenesReader(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def splits(reader):
    return reader()  # also compares the boxes with the committed sha256


def content(reader, split):
    return json.loads((reader.folder / f"{split}.json").read_text())


def test_counts_and_manifest(reader, splits):
    assert splits.counts == {"train": 1000, "val": 200, "test": 200}
    assert splits.selection == "validation"
    assert sorted(splits.manifest) == [
        f"{split}.{kind}" for split in sorted(SPLITS) for kind in ("json", "npy")
    ]
    assert reader.class_names == tuple("0123456789")


def test_no_digit_is_in_two_splits(reader, splits):
    labels = Glyphs().labels.tolist()
    roles = roles_by_counting(labels)
    for split in SPLITS:
        made = content(reader, split)
        assert {roles[digit] for digit in made["digits"]} == {split}
        assert made["labels"] == [labels[digit] for digit in made["digits"]]
        assert getattr(splits, split).annotations.labels.tolist() == made["labels"]
        assert min(np.bincount(made["labels"], minlength=10)) > 0.07 * len(made["labels"])


def test_boxes_are_inside_whole_and_of_the_sizes_promised(splits):
    for split in SPLITS:
        boxes = getattr(splits, split).annotations.boxes
        assert (boxes >= 0).all()
        assert (boxes <= 160).all()
        sides = (boxes[:, 2:] - boxes[:, :2]).max(1)
        assert 7 <= sides.min() <= 8
        assert 60 <= sides.max() <= 64


def test_ink_is_in_the_boxes_and_nowhere_else():
    """Each edge of a box holds ink; beyond a faint rim of one pixel the background is as it was."""
    glyphs, backgrounds = Glyphs(), Backgrounds("val")
    members = digits_of("val", glyphs.labels)
    for index in range(10):
        scene = lay_out(Draws(1, index), glyphs, members)
        picture, boxes = render(scene, 160, backgrounds, glyphs)
        empty = backgrounds.draw(scene, 160)
        change = np.abs(picture.astype(int) - empty).max(-1)
        outside = np.ones((160, 160), bool)
        for x1, y1, x2, y2 in boxes:
            outside[max(0, y1 - 1) : y2 + 1, max(0, x1 - 1) : x2 + 1] = False
        assert (change[outside] == 0).all()
        alone, (box,) = render(replace(scene, digits=scene.digits[:1]), 160, backgrounds, glyphs)
        x1, y1, x2, y2 = box
        inked = np.abs(alone.astype(int) - empty).max(-1)[y1:y2, x1:x2]
        assert min(inked[0].max(), inked[-1].max(), inked[:, 0].max(), inked[:, -1].max()) > 10
        assert inked.max() > 60


def test_the_same_picture_every_time_and_at_any_count(reader, splits, tmp_path):
    few = DigitScenesReader(tmp_path, **FEW)()
    for split in SPLITS:
        ours, theirs = getattr(few, split), getattr(splits, split)
        for index in range(len(ours)):
            assert (ours.images.load(index) == theirs.images.load(index)).all()
            assert (ours.targets(index).boxes == theirs.targets(index).boxes).all()
            assert ours.names[index] == f"{split}-{index:05d}"


def test_larger_scenes_are_the_same_ones(splits, tmp_path):
    """Four times the size: the same digits, their boxes four times as large but for rounding to pixels."""
    large = DigitScenesReader(tmp_path, image_size=640, **FEW)()
    for split in SPLITS:
        for index in range(FEW[split]):
            assert getattr(large, split).images.load(index).shape == (640, 640, 3)
            ours, theirs = getattr(large, split).targets(index), getattr(splits, split).targets(index)
            assert (ours.labels == theirs.labels).all()
            assert np.abs(ours.boxes / 4 - theirs.boxes).max() <= 1.5


def test_the_tiny_view(reader, splits):
    tiny = DigitScenesReader(reader.data_dir, ignore_from=20)
    assert tiny.folder == reader.folder
    for split in SPLITS:
        found = getattr(tiny(), split).annotations
        assert (found.boxes == getattr(splits, split).annotations.boxes).all()
        areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in found.boxes.tolist()]
        assert (~found.counts).tolist() == [area >= 400 for area in areas]
        assert 0.4 < found.counts.mean() < 0.7
        assert not getattr(splits, split).annotations.ignored.any()


@pytest.mark.parametrize("name", ["train.npy", "val.json", "manifest.json"])
def test_damage_is_noticed(tmp_path, name):
    reader = DigitScenesReader(tmp_path, **FEW)
    reader()
    path = reader.folder / name
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(UserError, match=r"remove this folder, and it is made again$"):
        reader()
    path.unlink()
    with pytest.raises(UserError, match=r"incomplete \(.*remove this folder, and it is made again$"):
        reader()


def test_other_boxes_than_the_committed_ones_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("lga.data.digit_scenes.reader.USUAL_COUNTS", FEW)
    with pytest.raises(UserError, match=r"train\.json: other boxes than digit_scenes has .*uv sync"):
        DigitScenesReader(tmp_path, **FEW)()


def test_an_interrupted_making_leaves_nothing_and_is_repeated(tmp_path, monkeypatch, capsys):
    def interrupted(*args):
        raise KeyboardInterrupt

    reader = DigitScenesReader(tmp_path, **FEW)
    with monkeypatch.context() as patch:
        patch.setattr("lga.data.digit_scenes.making.render", interrupted)
        with pytest.raises(KeyboardInterrupt):
            reader()
    killed = reader.folder.with_name(f".{reader.folder.name}.unfinished")
    assert not killed.exists()
    killed.mkdir()
    (killed / "train.npy").write_text("half")
    assert reader().counts == FEW
    assert not killed.exists()
    assert "digit_scenes, 160 px: 8 scenes made" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(
        UserError, match=r"^cannot write under .*; choose another folder with paths\.data_dir=$"
    ):
        DigitScenesReader(tmp_path / "data", **FEW)()


@pytest.mark.parametrize("settings", [{"image_size": 32}, {"train": 0}, {"val": 0}, {"test": -1}])
def test_impossible_settings(settings, tmp_path):
    ((name, value),) = settings.items()
    with pytest.raises(UserError, match=rf"{name}={value}"):
        DigitScenesReader(tmp_path, **settings)


def read_with_others(folder, barrier, results):
    barrier.wait()
    message = io.StringIO()
    with contextlib.redirect_stderr(message):
        manifest = DigitScenesReader(folder, train=60, val=2, test=2)().manifest
    results.put((str(manifest), message.getvalue().count("scenes made in")))


def test_several_processes_make_it_once(tmp_path):
    """Three start together; one makes the scenes, all read the same."""
    context = multiprocessing.get_context("fork")  # a fresh interpreter would spend its time on imports
    barrier, results = context.Barrier(3), context.Queue()
    processes = [
        context.Process(target=read_with_others, args=(tmp_path, barrier, results)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=300) for _ in processes]
    for process in processes:
        process.join(timeout=300)
    assert len({manifest for manifest, _ in found}) == 1
    assert sorted(made for _, made in found) == [0, 0, 1]
