"""PASCAL VOC: every quirk of the published files, one by one; bad files; both trees; plans.

Corners are written from 1 with the last pixel included, so that expected boxes are (xmin - 1, ymin - 1, xmax,
ymax).
"""

import shutil

import pytest
from omegaconf import OmegaConf

from lga.data.published.voc import VOC2007Reader, VOC2012Reader
from lga.structures.annotations import Ignored
from lga.system.errors import UserError
from tests.data.test_dataset_configs import CONFIGS
from tests.data.trees.voc import PLAIN, write_image, write_tree

TRAIN = "VOCdevkit/VOC2007/ImageSets/Main/train.txt"
THIRD = "VOCdevkit/VOC2007/Annotations/000014.xml"
BOX = "<bndbox><xmin>5</xmin><ymin>6</ymin><xmax>{}</xmax><ymax>20</ymax></bndbox>"


@pytest.fixture
def data_dir(tmp_path):
    write_tree(tmp_path / "data")
    return tmp_path / "data"


def reader(data_dir, cls=VOC2007Reader, **settings):
    return cls(data_dir, data_dir.parent / "cache", **settings)


def test_the_quirks_of_the_first_image(data_dir):
    """Object by object of `tests.data.trees.voc.QUIRKS`; none of them is left out."""
    index = reader(data_dir).index("train2007")
    written = index
    first = written.image == 0
    assert written.boxes[first].tolist() == [
        [8, 10, 40, 30],
        [44.70000076293945, 1.5, 60.25, 20],
        [19, 49, 30, 60],
        [69, 4, 80, 15],
        [49, 29, 60, 56],
        [0, 0, 96, 64],
        [60, 40, 61, 41],
    ]
    assert [VOC2007Reader.class_names[label] for label in written.labels[first]] == [
        "dog", "car", "bird", "cat", "person", "sofa", "tvmonitor",
    ]  # fmt: skip
    assert [Ignored(code).name for code in written.ignored[first]] == [
        "OBJECT", "OBJECT", "OBJECT", "DIFFICULT", "OBJECT", "OBJECT", "OBJECT",
    ]  # fmt: skip
    assert written.lines[first].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert written.place(3) == "VOCdevkit/VOC2007/Annotations/000012.xml, object 4"
    assert index.dropped == ()


def test_only_listed_images_are_read(data_dir):
    names = reader(data_dir).index("train2007").names.tolist()
    assert names == [f"VOCdevkit/VOC2007/JPEGImages/{number:06d}.jpg" for number in (12, 13, 14, 15)]


def test_an_image_without_objects(data_dir):
    train = reader(data_dir)().train
    assert len(train.targets(1).labels) == 0
    assert train.images.load(1).shape == (64, 96, 3)


def folders(source):
    """Return which numbers the names of a split begin with: they tell the part."""
    return [str(name).split("/", 1)[1].replace("JPEGImages/", "")[:-4] for name in source.names]


def test_the_splits_of_2007(data_dir):
    official, paper = reader(data_dir)(), reader(data_dir, splits="paper")()
    assert official.counts == {"train": 4, "val": 4, "test": 4}
    assert [folders(split)[0] for split in (official.train, official.val, official.test)] == [
        "VOC2007/000012", "VOC2007/005000", "VOC2007/008000",
    ]  # fmt: skip
    assert paper.counts == {"train": 8, "val": 4, "test": 4}
    assert folders(paper.train)[3:5] == ["VOC2007/000015", "VOC2007/005000"]
    assert folders(paper.val) == folders(paper.test) == folders(official.test)
    assert (official.selection, paper.selection) == ("validation", "test")


def test_the_splits_of_2012(data_dir):
    """Fewer than twelve images: the last of train is held out."""
    official = reader(data_dir, VOC2012Reader)()
    assert folders(official.train) == [f"VOC2012/2008_{number:06d}" for number in (8, 9, 10)]
    assert folders(official.val) == ["VOC2012/2008_000011"]
    assert folders(official.test)[0] == "VOC2012/2008_006000"
    paper = reader(data_dir, VOC2012Reader, splits="paper")()
    assert paper.counts == {"train": 4, "val": 4, "test": 4}
    assert (official.selection, paper.selection) == ("validation", "test")


@pytest.mark.parametrize("cls", [VOC2007Reader, VOC2012Reader])
def test_the_plan_of_the_toolchain_joins_both_years(data_dir, cls, caplog):
    splits = reader(data_dir, cls, splits="toolchain")()
    assert splits.counts == {"train": 16, "val": 4, "test": 4}
    assert {name[:7] for name in folders(splits.train)} == {"VOC2007", "VOC2012"}
    assert folders(splits.test)[0] == "VOC2007/008000"
    assert "the checkpoint is selected on the images that are reported" in caplog.text


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ("<object>\n<name>dog</name>\n", r"xml:8: expected well-formed XML, found: mismatched tag"),
        (
            "<object><name>dogg</name></object>",
            r"xml, object 1: expected a <name> that is one of the 20 classes aeroplane, .*; found 'dogg'",
        ),
        (PLAIN.format(name="dog", x=1) + "<object/>", r"xml, object 3: expected a <name> .*; found ''"),
        (
            "<object><name>dog</name></object>",
            r"xml, object 1: expected a <bndbox> in the object, a dog; found",
        ),
        (
            f"<object><name>dog</name>{BOX.format('ten')}</object>",
            r"xml, object 1: <bndbox/xmax>: expected a number below 2,147,483,648, found 'ten'",
        ),
        (
            "<object><name>dog</name><bndbox><xmin>5</xmin></bndbox></object>",
            r"xml, object 1: <bndbox/ymin>: expected a number below .*, found ''",
        ),
        (
            f"<object><name>dog</name><difficult>no</difficult>{BOX.format(9)}</object>",
            r"xml, object 1: <difficult>: expected a number below .*, found 'no'",
        ),
        (f"<object><name>dog</name>{BOX.format('nan')}</object>", r"xml, object 1: <bndbox/xmax>: expected"),
        (f"<object><name>dog</name>{BOX.format(2)}</object>", r"xml, object 1: the box is inverted"),
    ],
)
def test_bad_objects(data_dir, objects, expected):
    write_image(data_dir, "train2007", "000014", objects)
    with pytest.raises(UserError, match=THIRD.removesuffix("xml") + expected) as refused:
        reader(data_dir).index("train2007")
    assert "\n" not in str(refused.value)
    assert "data.on_error=skip" in str(refused.value)
    assert len(reader(data_dir, on_error="skip").index("train2007").dropped) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<annotation>\n<object>", r":2: expected well-formed XML, found: no element found"),
        (b"", r":1: expected well-formed XML, found: no element found"),
        (
            b"<annotation>\n<name>\xff\xfe</name></annotation>",
            r":2: expected well-formed XML, found: not well-f",
        ),
        (b'<?xml version="1.0" encoding="none"?><annotation/>', r": expected XML in UTF-8 without .*none"),
        (
            b'<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>',
            r": expected XML in UTF-8 without entities of its own, found: EntitiesForbidden",
        ),
        (b"<html></html>", r": expected an <annotation>, found a <html>"),
        (
            b"<annotation><size><width>96</width><height>tall</height></size></annotation>",
            r": expected a whole number below .*, found 'tall'",
        ),
    ],
)
def test_bad_files(data_dir, content, expected):
    (data_dir / THIRD).write_bytes(content)
    with pytest.raises(UserError, match=THIRD + expected):
        reader(data_dir).index("train2007")
    skipping = reader(data_dir, on_error="skip").index("train2007")
    assert len(skipping) == 3
    assert [dropped.place.partition(":")[0] for dropped in skipping.dropped] == [THIRD]


def test_an_image_of_another_size(data_dir):
    size = "<size><width>96</width><height>60</height></size>"
    write_image(data_dir, "train2007", "000014", "", size)
    source = reader(data_dir)().train
    with pytest.raises(UserError, match=r"000014\.jpg: the image is 96 x 64 pixels, .* are for 96 x 60"):
        source.images.load(2)
    assert len(reader(data_dir, on_error="skip").index("train2007")) == 3


@pytest.mark.parametrize("size", ["", "<size><width>0</width><height>0</height></size>"])
def test_a_size_that_is_not_said_is_that_of_the_image(data_dir, size):
    write_image(data_dir, "train2007", "000014", "", size)
    assert reader(data_dir).index("train2007").sizes[2].tolist() == [96, 64]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("000012\n000099\n", r":2: 000099 has no VOCdevkit/VOC2007/Annotations/000099\.xml"),
        ("000012\n000013\n\n000012\n", r":4: 000012 stands in line 1 too"),
        ("000012 -1\n000013\n", r":1: expected the name of an image, found '000012 -1'"),
        (b"000012\n\xff", r": expected UTF-8 text, found byte 7"),
    ],
)
def test_bad_lists(data_dir, content, expected):
    (data_dir / TRAIN).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=TRAIN + expected):
        reader(data_dir).index("train2007")
    assert len(reader(data_dir, on_error="skip").index("train2007").dropped) == 1


def test_a_listed_image_that_is_missing(data_dir):
    (data_dir / "VOCdevkit/VOC2007/JPEGImages/000014.jpg").unlink()
    with pytest.raises(UserError, match=rf"{THIRD}: names the image .*000014\.jpg, which is not there"):
        reader(data_dir).index("train2007")
    assert len(reader(data_dir, on_error="skip").index("train2007")) == 3


def test_missing_parts(data_dir):
    shutil.rmtree(data_dir / "VOCdevkit/VOC2012")
    with pytest.raises(
        UserError, match=r"2012.*train\.txt: not there; unpack VOCtrainval_11-May-2012\.tar into"
    ):
        reader(data_dir, VOC2012Reader)()
    (data_dir / "VOCdevkit/VOC2007/ImageSets/Main/test.txt").unlink()
    with pytest.raises(
        UserError, match=r"test\.txt: not there; unpack VOCtest_06-Nov-2007\.tar into .*-voc2007"
    ):
        reader(data_dir)()
    assert reader(data_dir).parts == ("train2007", "val2007")
    assert reader(data_dir).part_names == ("train2007", "val2007", "test2007", "train2012", "val2012")


def test_the_tree_of_the_toolchain(data_dir):
    """Its labels are shares of the size: 0.25 of 96 and 0.5 of 64 pixels, around the middle."""
    for part in ("train2007", "val2007", "test2007"):
        (data_dir / "VOC/labels" / part).mkdir(parents=True)
        (data_dir / "VOC/images" / part).mkdir(parents=True)
        listed = data_dir / "VOCdevkit/VOC2007/ImageSets/Main" / f"{part[:-4]}.txt"
        for stem in listed.read_text().split():
            image = data_dir / "VOCdevkit/VOC2007/JPEGImages" / f"{stem}.jpg"
            image.rename(data_dir / "VOC/images" / part / image.name)
    shutil.rmtree(data_dir / "VOCdevkit")
    (data_dir / "VOC/labels/train2007/000014.txt").write_text("11 0.5 0.5 0.25 0.5\n")
    splits = reader(data_dir)()
    assert splits.counts == {"train": 4, "val": 4, "test": 4}
    assert splits.train.targets(2).boxes.tolist() == [[36, 16, 60, 48]]
    assert splits.train.targets(2).labels.tolist() == [11]
    assert splits.train.names[2] == "VOC/images/train2007/000014.jpg"


@pytest.mark.parametrize("cls", [VOC2007Reader, VOC2012Reader])
def test_config_and_reader_agree(cls, data_dir):
    dataset = OmegaConf.load(CONFIGS / f"{cls.name}.yaml")
    assert tuple(dataset.class_names) == cls.class_names
    assert dataset.num_classes == len(cls.class_names) == 20
    assert dataset.name == cls.name
    assert dataset.reader["_target_"] == f"{cls.__module__}.{cls.__qualname__}"


@pytest.mark.parametrize(
    ("part", "images", "objects"),
    [
        ("train2007", 2501, 6301),
        ("val2007", 2510, 6307),
        ("test2007", 4952, 12032),
        ("train2012", 5717, 13609),
        ("val2012", 5823, 13841),
    ],
)
def test_published_counts(part, images, objects):
    """The totals as commonly published; those of the classes add up to them."""
    published = VOC2007Reader.published[part]
    assert (published.images, sum(published.per_class), published.boxes) == (images, objects, objects)
    assert len(published.per_class) == 20
