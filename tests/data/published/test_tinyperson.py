"""TinyPerson: every quirk of the published files, one by one; variants; bad files; trees; plans; tiles."""

import json
import shutil

import numpy as np
import pytest

from lga.config.compose import compose
from lga.config.instantiation import make
from lga.data.detection.tiling import TilingRule
from lga.data.published.formats.coco_json import CocoAnnotation
from lga.data.published.tinyperson import TinyPersonReader, why_ignored
from lga.structures.annotations import Ignored
from lga.system.errors import UserError
from tests.data.trees.tinyperson import LOGO, content, write_json, write_tree

TRAIN = "tiny_set/annotations/tiny_set_train.json"
TILING = {"size": [640, 512], "overlap": [50, 50], "object_share": 0.49, "merge_iou": 0.5}


@pytest.fixture
def root(tmp_path):
    return write_tree(tmp_path / "data")


def reader(root, **settings):
    return TinyPersonReader(root.parent, root.parents[1] / "cache", **settings)


def test_the_quirks_of_the_first_image(root):
    """One by one `tests.data.trees.tinyperson.FIRST`: x y and x + width, y + height; areas as written."""
    index = reader(root).index("train")
    written = index
    first = written.image == 0
    assert written.names[0] == "tiny_set/train/labeled_images/bb_V0032_I0001640.jpg"
    x, y, width, height = LOGO
    assert written.boxes[first].tolist() == [
        [x, y, x + width, y + height],
        [100.5, 200.25, 110.5, 212.25],
        [600, 220, 616, 240],
        [630, 500, 660, 530],
        [580, 300, 600, 320],
        [575, 100, 595, 116],
        [10, 10, 15, 15],
    ]
    assert written.labels[first].tolist() == [0, 0, 1, 1, 1, 0, 0]
    assert [Ignored(code).name for code in written.ignored[first]] == [
        "MARKED",
        "OBJECT",
        "OBJECT",
        "UNCERTAIN",
        "OBJECT",
        "OBJECT",
        "MARKED",
    ]
    assert written.areas[first].tolist() == [9366.298870664552, 120, 320, 900, 400, 320, 25]
    assert written.lines[first].tolist() == [0, 1, 2, 3, 5, 6, 7]
    assert index.dropped == ()


def test_images_of_every_sub_folder(root):
    found = reader(root).index("train")
    assert [name.removeprefix("tiny_set/train/") for name in found.names.tolist()] == [
        "labeled_images/bb_V0032_I0001640.jpg",
        "labeled_images/bb_V0032_I0001720.jpg",
        "labeled_images/baidu_P104_7.jpg",
        "pure_bg_images/bb_V0011_I0000480.jpg",
    ]
    assert np.bincount(found.image, minlength=4).tolist() == [7, 1, 0, 0]


def test_frames_of_a_video_are_held_out_together(root):
    """Of the groups V0011 and V0032 the last by name is held out: two of three images."""
    found = content("train", dense=False)
    found["images"] = [image for image in found["images"] if "baidu" not in image["file_name"]]
    write_json(root / TRAIN, found)
    splits = reader(root)()
    assert splits.counts == {"train": 1, "val": 2, "test": 2}
    assert all("_V0032_" in name for name in splits.val.names)


def test_an_image_that_is_no_frame_is_a_group_of_its_own(root):
    splits = reader(root)()
    assert splits.counts == {"train": 3, "val": 1, "test": 2}
    assert splits.val.names.tolist() == ["tiny_set/train/labeled_images/baidu_P104_7.jpg"]


def test_the_plan_of_the_paper(root, caplog):
    splits = reader(root, splits="paper")()
    assert splits.counts == {"train": 4, "val": 2, "test": 2}
    assert splits.selection == "test"
    assert splits.val.names.tolist() == splits.test.names.tolist()
    assert splits.test.names[0] == "tiny_set/test/labeled_images/bb_V0040_I0000080.jpg"
    assert "the checkpoint is selected on the images that are reported" in caplog.text


def test_the_variant_with_images_of_crowds(root):
    """The last image is added, in both parts, its box ignored."""
    splits = reader(root, splits="paper", variant="with_dense")()
    assert splits.counts == {"train": 5, "val": 3, "test": 3}
    assert "labeled_dense_images" in splits.train.names[4]
    assert splits.train.targets(4).boxes.tolist() == [[5, 5, 9, 9]]
    assert splits.train.targets(4).ignore.tolist() == [True]
    assert Ignored(splits.test.truth.ignored[-1]) == Ignored.DENSE


def test_the_erased_variant(root):
    """The blue of a picture is its number, here 100 more. Four boxes of the first image are left."""
    erased, plain = (reader(root, splits="paper", variant=name)() for name in ("erased", "plain"))
    assert erased.counts == plain.counts
    assert erased.train.names[0].startswith("tiny_set/erase_with_uncertain_dataset/train/labeled_images/")
    assert (erased.train.images.load(0)[..., 2] > 90).all()
    assert (plain.train.images.load(0)[..., 2] < 10).all()
    assert erased.train.targets(0).boxes[:, 0].tolist() == [100.5, 600, 580, 575]
    assert not erased.train.targets(0).ignore.any()
    assert erased.test.names.tolist() == plain.test.names.tolist()


def test_an_unknown_variant(root):
    with pytest.raises(UserError, match=r"variant='dense' is unknown: choose one of plain, with_dense"):
        reader(root, variant="dense")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, Ignored.OBJECT),
        ({"ignore": True, "uncertain": True, "in_dense_image": True}, Ignored.MARKED),
        ({"logo": True}, Ignored.MARKED),
        ({"uncertain": True, "in_dense_image": True}, Ignored.UNCERTAIN),
        ({"in_dense_image": True, "iscrowd": 1}, Ignored.DENSE),
        ({"iscrowd": 1}, Ignored.CROWD),
    ],
)
def test_of_several_flags_one_is_the_reason(flags, expected):
    assert why_ignored(CocoAnnotation(1, 1, 1, (0, 0, 1, 1), **flags)) == expected


def test_the_toolchains_tree(root):
    """Its labels are shares of the size: 0.25 of 96 and 0.5 of 64 pixels, around the middle."""
    for part in ("train", "test"):
        (root / "images" / part).mkdir(parents=True)
        (root / "labels" / part).mkdir(parents=True)
        for image in (root / "tiny_set" / part / "labeled_images").iterdir():
            image.rename(root / "images" / part / image.name)
    shutil.rmtree(root / "tiny_set")
    (root / "labels" / "train" / "bb_V0032_I0001720.txt").write_text("1 0.5 0.5 0.25 0.5\n")
    splits = reader(root, splits="paper")()
    assert splits.counts == {"train": 3, "val": 2, "test": 2}
    assert splits.train.targets(2).boxes.tolist() == [[36, 16, 60, 48]]
    assert splits.train.targets(2).labels.tolist() == [1]


# On the tile at x, y of the first image: each box that it shows, its label, and whether it is ignored.
# Windows begin at x 0, 590, 640 and y 0, 208; the logo ends at x 1267.43, y 67.73.
RIGHT, TOP, BOTTOM = LOGO[0] + LOGO[2], LOGO[1], LOGO[1] + LOGO[3]
TILES = {
    (0, 0): [
        ([100.5, 200.25, 110.5, 212.25], 0, False),
        ([600, 220, 616, 240], 1, False),
        ([630, 500, 640, 512], 1, True),
        ([580, 300, 600, 320], 1, False),
        ([575, 100, 595, 116], 0, False),
        ([10, 10, 15, 15], 0, True),
    ],
    (590, 0): [
        ([LOGO[0] - 590, TOP, 640, BOTTOM], 0, True),
        ([10, 220, 26, 240], 1, False),
        ([40, 500, 70, 512], 1, True),
        ([0, 300, 10, 320], 1, False),  # 10 of 20 pixels: 0.5 of it, at least 0.49
        ([0, 100, 5, 116], 0, True),  # 5 of 20 pixels
    ],
    (640, 0): [([LOGO[0] - 640, TOP, RIGHT - 640, BOTTOM], 0, True), ([0, 500, 20, 512], 1, True)],
    (0, 208): [
        ([100.5, 0, 110.5, 4.25], 0, True),  # 4.25 of 12 pixels
        ([600, 12, 616, 32], 1, False),
        ([630, 292, 640, 322], 1, True),
        ([580, 92, 600, 112], 1, False),
    ],
    (590, 208): [([10, 12, 26, 32], 1, False), ([40, 292, 70, 322], 1, True), ([0, 92, 10, 112], 1, False)],
    (640, 208): [([0, 292, 20, 322], 1, True)],
}


def test_the_tiles_of_the_first_image(root):
    splits = reader(root, splits="paper", tiling=TILING)()
    tiles, whole = splits.train, reader(root, splits="paper")().train.images.load(0)
    assert splits.counts == {"train": 9, "val": 7, "test": 7}
    assert tiles.sizes.tolist() == [[640, 512]] * 6 + [[96, 64]] * 3
    assert tiles.views.image.tolist() == [0, 0, 0, 0, 0, 0, 1, 2, 3]
    assert tiles.names[1] == "tiny_set/train/labeled_images/bb_V0032_I0001640__590__0.jpg"
    for number, ((x, y), expected) in enumerate(TILES.items()):
        image, (boxes, labels, ignore) = tiles.images.load(number), tiles.targets(number)
        np.testing.assert_array_equal(image, whole[y : y + 512, x : x + 640])
        assert tiles.views.corner[number].tolist() == [x, y]
        np.testing.assert_allclose(boxes, [box for box, _, _ in expected], atol=1e-4)
        assert labels.tolist() == [label for _, label, _ in expected]
        assert ignore.tolist() == [ignored for _, _, ignored in expected]
    assert tiles.truth.boxes.shape == (8, 4)


def _change(root, **changes):
    """Change the first annotation, or the first image where a key is one of an image."""
    found = json.loads((root / TRAIN).read_text())
    for key, value in changes.items():
        found["images" if key in found["images"][0] and key != "id" else "annotations"][0][key] = value
    write_json(root / TRAIN, found)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"category_id": 3}, "annotation id 0: category_id: no category of this file has id 3"),
        ({"image_id": 1}, "annotation id 0: image_id: no image of this file has id 1"),
        ({"bbox": [1, 2, "x", 4]}, "annotation id 0: bbox"),
        ({"bbox": [1, 2, -3, 4]}, "annotation id 0: the box is inverted"),
        ({"bbox": [1280, 2, 3, 4]}, "annotation id 0: the box is outside the image"),
        ({"id": 1}, "annotation id 1"),
        ({"file_name": "labeled_images/none.jpg"}, "names the image .*none.jpg, which is not there"),
    ],
)
def test_bad_records(root, changes, expected):
    _change(root, **changes)
    with pytest.raises(UserError, match=f"{TRAIN}.*{expected}") as refused:
        reader(root).index("train")
    assert "data.on_error=skip" in str(refused.value)
    assert reader(root, on_error="skip").index("train").dropped


def test_an_image_of_another_size(root):
    _change(root, width=1270)
    with pytest.raises(UserError, match=r"1280 x 720 pixels, its annotations are for 1270 x 720"):
        reader(root, splits="paper")().train.images.load(0)
    assert len(reader(root, on_error="skip").index("train")) == 3


def test_an_unknown_class(root):
    found = content("train", dense=False)
    found["categories"][0]["name"] = "person"
    write_json(root / TRAIN, found)
    with pytest.raises(UserError, match=r"category 1 is 'person', which is none of the set's classes"):
        reader(root).index("train")


def test_a_file_that_breaks_off(root):
    whole = (root / TRAIN).read_text()
    (root / TRAIN).write_text(whole[:300])
    with pytest.raises(UserError, match=r"tiny_set_train\.json: breaks off after 300 bytes"):
        reader(root).index("train")


@pytest.mark.parametrize(("name", "tiling"), [("tinyperson", None), ("tinyperson_tiles", TILING)])
def test_the_configs(name, tiling):
    dataset = compose([f"dataset={name}", "paths.data_dir=data", "paths.cache_dir=cache"]).dataset
    found = make(dataset.reader, "dataset.reader")
    assert tuple(dataset.class_names) == found.class_names
    assert dataset.num_classes == 2
    assert found.plan == TinyPersonReader.plans["official"]
    assert found.tiling == (tiling and TilingRule.of_settings(tiling))


def test_missing_files(root):
    shutil.rmtree(root / "tiny_set" / "train")
    with pytest.raises(UserError, match=r"train: not there; unpack TinyPerson's train\.tar\.gz so that"):
        reader(root)()
    (root / TRAIN).unlink()
    with pytest.raises(UserError, match=r"tiny_set_train\.json: not there; unpack TinyPerson's tiny_set"):
        reader(root)()
