"""VisDrone: every quirk of the published files, one by one; bad files; both trees; plans."""

import shutil

import numpy as np
import pytest

from lga.data.published.visdrone import VisDroneReader
from lga.structures.annotations import Ignored
from lga.system.errors import UserError
from tests.data.trees.visdrone import write_tree

ANNOTATIONS = "VisDrone2019-DET-train/annotations/0000000_00002_d_0000002.txt"


@pytest.fixture
def root(tmp_path):
    return write_tree(tmp_path / "data")


def reader(root, **settings):
    return VisDroneReader(root.parent, root.parents[1] / "cache", **settings)


def test_the_quirks_of_the_first_image(root):
    """Line by line of `tests.data.trees.visdrone.QUIRKS`; the box of no height (line 7) is left out."""
    index = reader(root).index("train")
    written = index
    first = written.image == 0
    assert written.boxes[first].tolist() == [
        [72, 8, 84, 24],
        [8, 4, 18, 16],
        [20, 8, 36, 16],
        [20, 8, 36, 16],
        [40, 30, 48, 38],
        [60, 10, 66, 16],
    ]
    assert written.labels[first].tolist() == [-1, 3, 0, 0, 1, -1]
    assert [Ignored(code).name for code in written.ignored[first]] == [
        "REGION",
        "OBJECT",
        "OBJECT",
        "OBJECT",
        "NOT_EVALUATED",
        "NOT_EVALUATED",
    ]
    assert written.lines[first].tolist() == [1, 2, 3, 4, 5, 6]
    quirk = "VisDrone2019-DET-train/annotations/0000000_00000_d_0000000.txt:7"
    assert index.dropped == (("boxes of no size", quirk),)


def test_an_empty_file_is_an_image_without_objects(root):
    splits = reader(root)()
    assert splits.train.names[1].endswith("0000000_00001_d_0000001.jpg")
    assert len(splits.train.targets(1).labels) == 0
    assert splits.train.images.load(1).shape == (64, 96, 3)


def test_the_splits(root):
    official, paper = reader(root)(), reader(root, splits="paper")()
    assert official.counts == {"train": 6, "val": 6, "test": 6}
    assert (official.selection, paper.selection) == ("validation", "test")
    assert "test-dev" in official.test.names[0]
    assert "DET-val" in paper.test.names[0]
    assert official.dropped == {f"{part}: boxes of no size": 1 for part in ("train", "val", "test-dev")}
    np.testing.assert_array_equal(paper.val.names, paper.test.names)


def test_a_leak_is_reported(root, caplog):
    reader(root, splits="paper")()
    assert "the checkpoint is selected on the images that are reported" in caplog.text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,2,3\n", r":1: expected 8 integers separated by commas, found '1,2,3'"),
        ("\n1,2,3,4,1,x,0,0\n", r":2: expected 8 integers separated by commas, found '1,2,3,4,1,x,0,0'"),
        (
            "1,2,3,4,1,12,0,0\n",
            r":1: the box is of an unknown class: .* = 1, 2, 4, 6, class 11 of 10",
        ),
        ("1,2,-3,4,1,4,0,0\n", r":1: the box is inverted"),
        ("96,2,3,4,1,4,0,0\n", r":1: the box is outside the image"),
        (b"\xff\xfe1", r": expected UTF-8 text, found byte 0"),
    ],
)
def test_bad_lines(root, content, expected):
    (root / ANNOTATIONS).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=ANNOTATIONS + expected) as refused:
        reader(root).index("train")
    assert "data.on_error=skip" in str(refused.value)
    skipping = reader(root, on_error="skip").index("train")
    assert len(skipping) == 6
    assert [place for what, place in skipping.dropped if "0000000_00002" in place] != []


def test_a_missing_image(root):
    (root / ANNOTATIONS.replace("annotations", "images").replace("txt", "jpg")).unlink()
    with pytest.raises(UserError, match=rf"{ANNOTATIONS}: names the image .*jpg, which is not there"):
        reader(root).index("train")
    assert len(reader(root, on_error="skip").index("train")) == 5


def test_a_missing_annotation_file(root):
    """An image without objects has an empty file, so one without any is an unpacking gone wrong."""
    (root / ANNOTATIONS).unlink()
    image = ANNOTATIONS.replace("annotations", "images").replace("txt", "jpg")
    with pytest.raises(
        UserError, match=rf"^{image}: expected its annotation file {ANNOTATIONS}, which is not"
    ):
        reader(root).index("train")
    skipping = reader(root, on_error="skip").index("train")
    assert len(skipping) == 5
    assert ("images without annotation file", image) in skipping.dropped


def test_a_missing_part(root):
    shutil.rmtree(root / "VisDrone2019-DET-train")
    with pytest.raises(UserError, match=r"not there; unpack VisDrone2019-DET-train\.zip into"):
        reader(root)()


def test_the_index_is_kept_until_a_file_changes(root, monkeypatch):
    reader(root).index("train")
    monkeypatch.setattr(VisDroneReader, "parse", lambda *_: pytest.fail("parsed again"))
    assert len(reader(root).index("train")) == 6
    monkeypatch.undo()
    (root / ANNOTATIONS).write_text("1,2,3,4,1,4,0,0\n")
    assert reader(root).index("train").boxes[-9].tolist() != [1, 2, 4, 6]
    assert [1, 2, 4, 6] in reader(root).index("train").boxes.tolist()


def test_the_newer_tree_of_the_toolchain(root):
    """Its labels are shares of the size: 0.25 of 96 and 0.5 of 64 pixels, around the middle."""
    for part, old in (("train", "train"), ("val", "val"), ("test", "test-dev")):
        (root / "images").mkdir(exist_ok=True)
        (root / f"VisDrone2019-DET-{old}" / "images").rename(root / "images" / part)
        shutil.rmtree(root / f"VisDrone2019-DET-{old}")
    (root / "labels" / "train").mkdir(parents=True)
    (root / "labels" / "val").mkdir()
    (root / "labels" / "test").mkdir()
    (root / "labels" / "train" / "0000000_00002_d_0000002.txt").write_text("3 0.5 0.5 0.25 0.5\n")
    splits = reader(root)()
    assert splits.counts == {"train": 6, "val": 6, "test": 6}
    assert splits.train.targets(2).boxes.tolist() == [[36, 16, 60, 48]]
    assert splits.train.targets(2).labels.tolist() == [3]
