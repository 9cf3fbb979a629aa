"""DOTA: every quirk of the published files, one by one; bad files; the trees; plans; tiles."""

import shutil

import numpy as np
import pytest

from lga.config.compose import compose
from lga.config.instantiation import make
from lga.data.detection.tiling import TilingRule
from lga.data.published.dota import LABEL_FOLDERS, DOTAReader
from lga.structures.annotations import Ignored
from lga.system.errors import UserError
from tests.data.trees.dota import write_tree

LABELS = "train/labelTxt/P0003.txt"
TILING = {"size": [1024, 1024], "overlap": [200, 200], "object_share": 0.7, "merge_iou": 0.5}


@pytest.fixture
def root(tmp_path):
    return write_tree(tmp_path / "data")


def reader(root, **settings):
    return DOTAReader(root.parent, root.parents[1] / "cache", **settings)


def test_the_quirks_of_the_first_image(root):
    """Line by line of `tests.data.trees.dota.QUIRKS`: least and greatest x and y of the corners.

    Line 6 reaches 3 pixels beyond the image's 96 and stays as it is written; line 7 half a pixel, as rounding
    may, which is not reported.
    """
    index = reader(root).index("train")
    written = index
    first = written.image == 0
    assert written.names[0] == "train/images/P0000.png"
    assert written.sizes[0].tolist() == [96, 64]
    assert written.boxes[first].tolist() == [
        [10, 8, 30, 20],
        [30, 10, 60, 40],
        [70.5, 40, 80.25, 50],
        [90, 30, 99, 44],
        [-0.5, 0, 6, 5],
    ]
    names = [DOTAReader.class_names[label] for label in written.labels[first]]
    assert names == ["plane", "large-vehicle", "ship", "small-vehicle", "harbor"]
    assert written.labels[first].tolist() == [0, 9, 1, 10, 7]
    reasons = [Ignored(code).name for code in written.ignored[first]]
    assert reasons == ["OBJECT", "DIFFICULT", "OBJECT", "CUT", "OBJECT"]
    assert written.lines[first].tolist() == [3, 4, 5, 6, 7]
    assert written.areas[first].tolist() == [240, 900, 97.5, 126, 32.5]
    assert index.dropped == (
        ("boxes clipped to the image", "train/labelTxt/P0000.txt:6"),
        ("boxes clipped to the image", "train/labelTxt/P0002.txt:2"),
    )


def test_paper_splits_count_difficult_objects(root):
    """Of the first image's boxes the second is difficult, the fourth a cut piece, which stays ignored."""
    for tiling in (None, TILING):
        official, paper = (reader(root, splits=name, tiling=tiling)() for name in ("official", "paper"))
        assert official.train.targets(0).ignore.tolist() == [False, True, False, True, False]
        assert paper.train.targets(0).ignore.tolist() == [False, False, False, True, False]
        assert Ignored.DIFFICULT in paper.train.truth.ignored  # as the set's own protocol has it


def test_a_file_of_headers_alone_is_an_image_without_objects(root):
    train = reader(root)().train
    assert train.names[1].endswith("P0001.png")
    assert train.images.load(1).shape == (64, 96, 3)
    assert len(train.targets(1).labels) == 0


def test_a_file_without_headers(root):
    """The second object reaches from 690 to 710 on an image of 700 pixels: it is trained on up to 700."""
    train = reader(root)().train
    assert train.images.load(2).shape == (700, 700, 3)
    assert train.targets(2).boxes.tolist() == [[100, 150, 300, 250], [690, 0, 700, 10]]


def test_the_splits(root):
    """Of five images the last by name is held out."""
    official, paper = reader(root)(), reader(root, splits="paper")()
    assert official.counts == {"train": 4, "val": 1, "test": 5}
    assert official.val.names.tolist() == ["train/images/P0004.png"]
    assert paper.counts == {"train": 5, "val": 5, "test": 5}
    assert (official.selection, paper.selection) == ("validation", "test")
    assert official.test.names[0] == paper.val.names[0] == "val/images/P0000.png"


def test_a_leak_is_reported(root, caplog):
    reader(root, splits="paper")()
    assert "the checkpoint is selected on the images that are reported" in caplog.text


@pytest.mark.parametrize("labels", LABEL_FOLDERS)
def test_the_folders_that_labels_lie_in(tmp_path, labels):
    root = write_tree(tmp_path / "data", labels)
    found = reader(root)
    assert found.parts == ("train", "val")
    assert found.index("train").boxes.shape == (9, 4)
    assert found.index("train").sources[0] == f"train/{labels}/P0000.txt"


@pytest.mark.parametrize("folder", ["DOTA", "DOTAv1"])
def test_the_toolchains_tree(root, folder):
    """Its labels are corners as shares of the size, here of 96 x 64 pixels; none is marked difficult."""
    new = root.parent / folder
    for part in ("train", "val"):
        (new / "images").mkdir(parents=True, exist_ok=True)
        (root / part / "images").rename(new / "images" / part)
        shutil.rmtree(root / part)
        (new / "labels" / part).mkdir(parents=True)
    if folder != "DOTA":
        root.rmdir()
    (new / "labels" / "train" / "P0000.txt").write_text("9 0.5 0.25 0.75 0.5 0.5 0.75 0.25 0.5\n")
    splits = reader(root)()
    assert splits.counts == {"train": 4, "val": 1, "test": 5}
    assert splits.train.targets(0).boxes.tolist() == [[24, 16, 72, 48]]
    assert splits.train.targets(0).labels.tolist() == [9]


def test_tiles_of_images_smaller_than_a_window(root):
    """Each image is one tile, as large as it is; of the second object of P0002 10 of 20 pixels are seen."""
    splits = reader(root, tiling=TILING)()
    tiles = splits.train
    assert tiles.sizes.tolist() == [[96, 64], [96, 64], [700, 700], [96, 64]]
    assert tiles.names[2] == "train/images/P0002__0__0.png"
    assert tiles.targets(2).boxes.tolist() == [[100, 150, 300, 250], [690, 0, 700, 10]]
    assert tiles.targets(2).ignore.tolist() == [False, True]
    np.testing.assert_array_equal(tiles.images.load(2), reader(root)().train.images.load(2))
    assert tiles.views.corner.tolist() == [[0, 0]] * 4
    assert tiles.views.merge_iou == 0.5
    assert tiles.truth.boxes[6].tolist() == [690, 0, 710, 10]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "gsd:1\n1 2 3 4 plane 0\n",
            r":2: expected 8 numbers, a class and 0, 1 or 2, found '1 2 3 4 plane 0'",
        ),
        ("1 2 3 4 5 6 7 x plane 0\n", r":1: expected 8 numbers"),
        ("1 2 3 4 5 6 7 nan plane 0\n", r":1: expected 8 numbers"),
        ("1 2 3 4 5 6 7 8 plane 3\n", r":1: expected 8 numbers, a class and 0, 1 or 2"),
        ("1 2 3 4 5 6 7 8 plane 0 0\n", r":1: expected 8 numbers"),
        (
            "1 2 3 4 5 6 7 8 container-crane 0\n",
            r":1: 'container-crane' is none of the set's classes: plane, ",
        ),
        ("1 2 1 2 1 8 1 8 plane 0\n", r":1: the box is of no size"),
        ("96 2 99 2 99 8 96 8 plane 0\n", r":1: the box is outside the image"),
        (b"\xff\xfe1", r": expected UTF-8 text, found byte 0"),
    ],
)
def test_bad_lines(root, content, expected):
    (root / LABELS).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=LABELS + expected) as refused:
        reader(root).index("train")
    assert "data.on_error=skip" in str(refused.value)
    skipping = reader(root, on_error="skip").index("train")
    assert len(skipping) == 5
    assert [place for what, place in skipping.dropped if "P0003" in place] != []


def test_a_missing_image(root):
    (root / "train" / "images" / "P0003.png").unlink()
    with pytest.raises(UserError, match=rf"{LABELS}: names the image .*P0003\.png, which is not there"):
        reader(root).index("train")
    assert len(reader(root, on_error="skip").index("train")) == 4


def test_a_missing_label_file(root):
    (root / LABELS).unlink()
    with pytest.raises(
        UserError,
        match=r"images/P0003\.png: expected its annotation file train/labelTxt/P0003\.txt,",
    ):
        reader(root).index("train")
    skipping = reader(root, on_error="skip").index("train")
    assert len(skipping) == 4
    assert ("images without annotation file", "train/images/P0003.png") in skipping.dropped


def test_an_image_that_breaks_off(root):
    image = root / "train" / "images" / "P0003.png"
    image.write_bytes(image.read_bytes()[:100])
    with pytest.raises(UserError, match=r"P0003\.png: cannot be read as an image"):
        reader(root)().train.images.load(3)
    assert len(reader(root, on_error="skip").index("train")) == 4


@pytest.mark.parametrize(("name", "tiling"), [("dota", TILING), ("dota_whole", None)])
def test_the_configs(name, tiling):
    dataset = compose([f"dataset={name}", "paths.data_dir=data", "paths.cache_dir=cache"]).dataset
    found = make(dataset.reader, "dataset.reader")
    assert tuple(dataset.class_names) == found.class_names
    assert dataset.num_classes == 15
    assert found.plan == DOTAReader.plans["official"]
    assert found.tiling == (tiling and TilingRule.of_settings(tiling))


def test_missing_folders(root):
    shutil.rmtree(root / "train" / "images")
    with pytest.raises(UserError, match=r"images: not there; unpack DOTA v1\.0's train images there"):
        reader(root)()
    shutil.rmtree(root / "train")
    with pytest.raises(
        UserError, match=r"train: no label files in labelTxt, .* below it; unpack DOTA v1\.0's"
    ):
        reader(root)()
