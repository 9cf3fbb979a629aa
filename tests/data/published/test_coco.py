"""COCO 2017 and COCO minitrain: every quirk of the published files; bad files; the trees; plans."""

import shutil
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from lga.data.published.coco import COCO_CLASSES, Coco2017Reader, CocoMinitrainReader
from lga.structures.annotations import Ignored
from lga.system.errors import UserError
from tests.data.trees.coco import CROWD, add_minitrain, content, write_json, write_tree

TRAIN = "annotations/instances_train2017.json"


CONFIGS = Path(__file__).parents[3] / "conf" / "dataset"


@pytest.fixture
def root(tmp_path):
    return write_tree(tmp_path / "data")


def reader(root, kind=Coco2017Reader, **settings):
    return kind(root.parent, root.parents[1] / "cache", **settings)


def test_the_quirks_of_the_first_image(root):
    """`tests.data.trees.coco.FIRST` from the last to the first, as written; that of no width is left out.

    Corners are x y and x + width, y + height. Category 13 is the 12th of those that exist: label 11; 1 is 0;
    18 (dog) has 16 before it, since 12 is missing.
    """
    index = reader(root).index("train2017")
    written = index
    assert written.names[-1] == "train2017/000000000009.jpg"
    first = written.image == 5
    assert written.lines[first].tolist() == [1772, CROWD, 1770, 1769, 1768]
    assert written.boxes[first].tolist() == [
        [60.25, 50, 100.25, 64],
        [48, 8, 88, 48],
        [20, 8, 36, 16],
        [20, 8, 36, 16],
        [8, 4, 18.5, 16.25],
    ]
    assert written.labels[first].tolist() == [16, 0, 0, 0, 11]
    assert COCO_CLASSES[11] == "stop sign"
    assert [Ignored(code).name for code in written.ignored[first]] == ["OBJECT", "CROWD", *["OBJECT"] * 3]
    assert written.areas[first].tolist() == [300, 800, 90.25, 90.25, 100.5]
    assert index.dropped == (
        ("boxes of no size", f"{TRAIN}, annotation id 1771"),
        ("boxes clipped to the image", f"{TRAIN}, annotation id 1772"),
    )


def test_images_as_they_are_read(root):
    """Listed from the last: the fourth of six is at 2, unturned; the third, empty, at 3; the gray at 4."""
    splits = reader(root, splits="paper")()
    turned, empty, first = (splits.train.targets(number) for number in (2, 3, 5))
    assert [splits.train.images.load(number).shape for number in (2, 3, 4)] == [(64, 96, 3)] * 3
    assert turned.boxes.tolist() == [[13, 12, 33, 42]]
    assert empty.boxes.shape == (0, 4)
    gray = splits.train.images.load(4)
    assert (gray[..., 0] == gray[..., 2]).all()
    assert first.boxes[0].tolist() == [60.25, 50, 96, 64]
    assert first.ignore.tolist() == [False, True, False, False, False]


def test_the_splits(root):
    """Of six images the last by name is held out."""
    official, paper = reader(root)(), reader(root, splits="paper")()
    assert official.counts == {"train": 5, "val": 1, "test": 6}
    assert official.val.names.tolist() == ["train2017/000000000042.jpg"]
    assert paper.counts == {"train": 6, "val": 6, "test": 6}
    assert (official.selection, paper.selection) == ("validation", "test")
    assert official.test.names[0] == "val2017/000000000785.jpg"


def test_the_toolchains_tree_with_json_files(root):
    """Labels beside are not read where the JSON files are."""
    for part in ("train2017", "val2017"):
        (root / "images").mkdir(exist_ok=True)
        (root / part).rename(root / "images" / part)
        (root / "labels" / part).mkdir(parents=True)
    index = reader(root).index("train2017")
    assert index.names[-1] == "images/train2017/000000000009.jpg"
    assert len(index.labels) == 9


def test_the_toolchains_tree_without_json_files(root):
    """Label 79 at a share of 0.5 of 96 and 64 pixels, 0.25 of each wide and high."""
    for part in ("train2017", "val2017"):
        (root / "images").mkdir(exist_ok=True)
        (root / part).rename(root / "images" / part)
        (root / "labels" / part).mkdir(parents=True)
    shutil.rmtree(root / "annotations")
    (root / "labels" / "val2017" / "000000000285.txt").write_text("79 0.5 0.5 0.25 0.25\n")
    written = reader(root).index("val2017")
    assert len(written.names) == 6
    assert written.boxes.tolist() == [[36, 24, 60, 40]]
    assert written.labels.tolist() == [79]


@pytest.mark.parametrize(
    ("folder", "images", "name"),
    [
        ("coco", "", "instances_minitrain2017.json"),
        ("coco_minitrain_25k", "images", "instances_minitrain2017.json"),
        ("coco_minitrain_25k", "images", "instances_train2017.json"),
    ],
)
def test_minitrain(tmp_path, folder, images, name):
    """Three images of train2017, one held out, in either tree; the boxes of two of them are plain."""
    root = write_tree(tmp_path / "data", folder, images)
    add_minitrain(root, name)
    minitrain = reader(root, CocoMinitrainReader)
    assert minitrain.parts == ("minitrain2017", "val2017")
    assert minitrain().counts == {"train": 2, "val": 1, "test": 6}
    assert len(minitrain.index("minitrain2017").labels) == 5 + 2


def test_coco_alone_is_no_minitrain(root):
    with pytest.raises(
        UserError, match=r"coco_minitrain_25k.zip .* or put instances_minitrain2017.json into"
    ):
        reader(root, CocoMinitrainReader)()


def change(root, lists, number, **fields):
    """Change fields of one record of a list of the training file."""
    found = content("train2017")
    found[lists][number].update(fields)
    write_json(root / TRAIN, found)


@pytest.mark.parametrize(
    ("lists", "fields", "expected"),
    [
        ("annotations", {"bbox": [1, 2, "w", 4]}, r"annotation id 2005: bbox\[2\]: expected float, got str"),
        ("annotations", {"bbox": [1, 2, 3]}, r"annotation id 2005: bbox: expected array of length 4"),
        ("annotations", {"bbox": [1, 2, -3, 4]}, r"annotation id 2005: the box is inverted"),
        ("annotations", {"bbox": [96, 2, 3, 4]}, r"annotation id 2005: the box is outside the image"),
        ("annotations", {"image_id": 10}, r"annotation id 2005: image_id: no image of this file has id 10"),
        (
            "annotations",
            {"category_id": 12},
            r"annotation id 2005: category_id: no category of this file has",
        ),
        ("annotations", {"category_id": 1.5}, r"annotation id 2005: category_id: expected int, got float"),
        ("annotations", {"iscrowd": "no"}, r"annotation id 2005: iscrowd: expected bool \| int, got str"),
        ("annotations", {"iscrowd": 2}, r"annotation id 2005: iscrowd: invalid enum value 2"),
        ("annotations", {"id": 2004}, r"annotation id 2004: an earlier annotation has the same id"),
        ("annotations", {"id": None}, r"annotation number 1: id: expected int, got null"),
        ("images", {"id": 9}, r"image id 9: an earlier image has the same id"),
        ("images", {"width": -1}, r"image id 42: width: expected int >= 0"),
        ("images", {"file_name": None}, r"image id 42: file_name: expected str, got null"),
        ("images", {"file_name": "x.jpg"}, r": names the image .*x.jpg, which is not there"),
        (
            "categories",
            {"name": "people"},
            r"annotation id \d+: category_id: category 1 is 'people', which is",
        ),
    ],
)
def test_bad_records(root, lists, fields, expected):
    """The first of each list is changed: annotation 2005, image 42, category 1."""
    change(root, lists, 0, **fields)
    with pytest.raises(UserError, match=TRAIN + ".*" + expected) as refused:
        reader(root).index("train2017")
    assert "data.on_error=skip" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert reader(root, on_error="skip").index("train2017").dropped


def test_what_skipping_leaves(root):
    """Nine boxes less one of a category that is not there; all images stay."""
    change(root, "annotations", 0, category_id=12)
    index = reader(root, on_error="skip").index("train2017")
    assert (len(index), len(index.labels)) == (6, 8)
    assert ("annotations of categories not listed", f"{TRAIN}, annotation id 2005") in index.dropped


def test_fields_that_may_be_missing(root):
    """The size is then that of the image, the area that of the box, 20 x 30, and it is no crowd."""
    found = content("train2017")
    del found["images"][0]["width"], found["annotations"][0]["area"], found["annotations"][0]["iscrowd"]
    write_json(root / TRAIN, found)
    written = reader(root).index("train2017")
    assert written.sizes[0].tolist() == [96, 64]
    assert (written.lines[0], written.areas[0], written.ignored[0]) == (2005, 600, Ignored.OBJECT)


def test_an_image_of_another_size(root):
    change(root, "images", 0, width=97)
    splits = reader(root, splits="paper")()
    with pytest.raises(
        UserError, match=r"42.jpg: the image is 96 x 64 pixels, its annotations are for 97 x 64"
    ):
        splits.train.images.load(0)
    assert len(reader(root, on_error="skip").index("train2017")) == 5


@pytest.mark.parametrize("on_error", ["raise", "skip"])
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda text: text[:700], r"breaks off after 700 bytes, in line 1; put COCO's detection file there"),
        (lambda text: b"\n\n" + text[:-1] + b"x}", r"is not JSON in UTF-8 at byte [\d,]+, line 3"),
        (lambda text: text.decode().encode("utf-16"), r"is not JSON in UTF-8 at byte 0, line 1"),
        (lambda text: b"[]", r"expected object, got array; put COCO's detection file there, with the lists"),
        (lambda text: b'{"images": []}', r"object missing required field annotations"),
    ],
)
def test_bad_files(root, spoil, expected, on_error):
    """A file that is no JSON cannot be read in part, so that skipping refuses it too."""
    (root / TRAIN).write_bytes(spoil((root / TRAIN).read_bytes()))
    with pytest.raises(UserError, match=rf"{TRAIN}: .*{expected}"):
        reader(root, on_error=on_error).index("train2017")


def test_a_byte_order_mark_is_no_fault(root):
    (root / TRAIN).write_bytes(b"\xef\xbb\xbf" + (root / TRAIN).read_bytes())
    assert len(reader(root).index("train2017")) == 6


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("annotations", r"annotations: no instances_train2017.json there; unpack annotations_trainval2017"),
        ("train2017", r"train2017: no such folder, nor .*images/train2017; unpack train2017.zip into"),
    ],
)
def test_missing_folders(root, missing, expected):
    shutil.rmtree(root / missing)
    with pytest.raises(UserError, match=expected):
        reader(root)()


@pytest.mark.parametrize("kind", [Coco2017Reader, CocoMinitrainReader])
def test_the_config(kind):
    dataset = OmegaConf.load(CONFIGS / f"{kind.name}.yaml")
    assert dataset.name == kind.name
    assert dataset.num_classes == len(kind.class_names) == 80
    assert tuple(dataset.class_names) == kind.class_names
    assert dataset.reader._target_ == f"{kind.__module__}.{kind.__qualname__}"
