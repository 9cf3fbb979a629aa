"""Detection sets of one's own: the boxes as they are written, in each format; what is wrong, in one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lga.data.detection.faults import Faults
from lga.data.own.coco import COCOReader
from lga.data.own.own_set import NO_TEST, set_name
from lga.data.own.voc import OwnVOCReader
from lga.data.own.yolo import BACKGROUND, YOLOReader
from lga.data.published.coco import Coco2017Reader
from lga.data.published.voc import VOC2007Reader
from lga.system.errors import UserError
from tests.data.trees import coco, own, voc


def yolo(root):
    return YOLOReader(str(own.write_yolo(root)), str(root / "cache"))


def darknet(root):
    return YOLOReader(str(own.write_darknet(root)), str(root / "cache"))


def own_coco(root):
    folder = own.write_coco(root)
    files = {part: str(folder / f"instances_{part}.json") for part in own.PARTS}
    return COCOReader(cache_dir=str(root / "cache"), **files)


def own_voc(root):
    return OwnVOCReader(str(own.write_voc(root)), str(root / "cache"))


def _describe(root, content):
    own.write_yaml(root, {"train": "images/train", **content})


def _list_absent(root, folder):
    (root / "train.txt").write_text(f"{folder}/absent0.png\n{folder}/absent1.png\n")
    _describe(root, {"train": "train.txt", "names": list(own.NAMES)})


def _rename(path, before, after):
    path.write_text(path.read_text().replace(before, after))


def refused(kind, path, message):
    """Check that reading a set ends in one line."""
    with pytest.raises(UserError, match=message) as error:
        kind(str(path), str(path.parent / "cache"))()
    assert "\n" not in str(error.value)


FORMATS = [yolo, darknet, own_coco, own_voc]


def contents(table):
    """Name, class and box of each object, by image."""
    names = [Path(name).name for name in table.names.tolist()]
    return sorted(
        (names[image], label, tuple(np.round(box, 9)))
        for image, label, box in zip(table.image, table.labels.tolist(), table.boxes.tolist(), strict=True)
    )


@pytest.mark.parametrize("make", FORMATS)
def test_the_boxes_are_those_that_were_written(tmp_path, make):
    reader = make(tmp_path)
    splits = reader()
    assert reader.class_names == own.NAMES
    assert splits.counts == {"train": 4, "val": 3, "test": 3}
    for part, source in (("train", splits.train), ("val", splits.val)):
        assert contents(source.annotations) == sorted(
            (f"{stem}.png", label, box)
            for number, stem in enumerate(own.stems(part))
            for label, box in own.objects(number)
        )
        assert sorted(Path(name).name for name in source.names.tolist()) == [
            f"{stem}.png" for stem in own.stems(part)
        ]


@pytest.mark.parametrize("make", FORMATS)
def test_without_a_test_split_validation_is_judged_and_said(tmp_path, make, caplog):
    splits = make(tmp_path)()
    assert splits.selection == "test"
    assert splits.dropped[NO_TEST] == 1
    assert NO_TEST in caplog.text


@pytest.mark.parametrize("make", FORMATS)
def test_a_set_is_known_by_its_content(tmp_path, make):
    content = make(tmp_path / "a").own_content()
    assert make(tmp_path / "b").own_content() == content
    changed = ("train2.txt", "train2.xml", "instances_train.json")
    for path in (path for name in changed for path in (tmp_path / "b").rglob(name)):
        path.write_bytes(path.read_bytes() + b"\n")
    reader = again(make, tmp_path / "b")
    assert reader.own_content() != content
    reader.content_sha256 = content
    with pytest.raises(UserError, match="the files have changed"):
        reader()


def again(make, root):
    """Return the reader of a tree that is there already."""
    if make is own_coco:
        files = {part: str(root / "annotations" / f"instances_{part}.json") for part in own.PARTS}
        return COCOReader(cache_dir=str(root / "cache"), **files)
    kind, path = {
        yolo: (YOLOReader, "data.yaml"),
        darknet: (YOLOReader, "obj.data"),
        own_voc: (OwnVOCReader, "."),
    }[make]
    return kind(str(root / path), str(root / "cache"))


def test_a_voc_tree_read_both_ways(tmp_path):
    voc.write_tree(tmp_path, parts=("train2007", "val2007", "test2007"))
    published = VOC2007Reader(tmp_path, tmp_path / "cache")
    mine = OwnVOCReader(str(tmp_path / "VOCdevkit"), str(tmp_path / "cache"))
    for part in ("train", "val", "test"):
        theirs, ours = published.index(f"{part}2007"), mine.index(part)
        names = [
            [reader.class_names[label] for label in table.labels]
            for reader, table in ((published, theirs), (mine, ours))
        ]
        assert names[0] == names[1]
        assert (theirs.boxes == ours.boxes).all()
        assert (theirs.ignored == ours.ignored).all()


def test_a_coco_tree_read_both_ways(tmp_path):
    root = coco.write_tree(tmp_path)
    published = Coco2017Reader(tmp_path, tmp_path / "cache", on_error="skip")
    files = {part: str(root / "annotations" / f"instances_{part}2017.json") for part in ("train", "val")}
    mine = COCOReader(cache_dir=str(tmp_path / "cache"), on_error="skip", **files)
    assert mine.class_names == published.class_names
    for part in ("train", "val"):
        assert contents(published.index(f"{part}2017")) == contents(mine.index(part))


def test_three_splits_and_paths_of_every_kind(tmp_path):
    parts = {"train": 2, "val": 1, "test": 1}
    path = own.write_yolo(tmp_path / "set", parts)
    listed = [f"./images/train/{stem}.png" for stem in own.stems("train", parts)]
    (tmp_path / "set/train.txt").write_text("\n".join([listed[0], str(tmp_path / "set" / listed[1])]))
    content = {
        "path": "set",
        "train": "train.txt",
        "val": ["../images/val"],
        "test": str(tmp_path / "set/images/test"),
    }
    own.write_yaml(tmp_path, content | {"names": list(own.NAMES)})
    whole, mine = (
        YOLOReader(str(each), str(tmp_path / "cache"))() for each in (path, tmp_path / "data.yaml")
    )
    assert mine.selection == "validation"
    assert mine.dropped == {}
    for part in parts:
        assert contents(getattr(mine, part).annotations) == contents(getattr(whole, part).annotations)


def test_without_validation_every_twelfth_image_is_held_out(tmp_path):
    splits = YOLOReader(str(own.write_yolo(tmp_path, {"train": 24})), str(tmp_path / "cache"))()
    assert splits.counts == {"train": 22, "val": 2, "test": 2}


def test_an_image_without_a_label_file_is_background_and_counted(tmp_path):
    path = own.write_yolo(tmp_path)
    (tmp_path / "labels/train/train2.txt").unlink()
    splits = YOLOReader(str(path), str(tmp_path / "cache"))()
    assert splits.counts["train"] == 4
    assert splits.dropped[f"train: {BACKGROUND}"] == 1


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: shutil.rmtree(root / "images/val"), r"data\.yaml: val: there is no .*images/val"),
        (
            lambda root: [path.unlink() for path in (root / "images/val").iterdir()],
            r"data\.yaml: val: no image in images/val",
        ),
        (
            lambda root: shutil.rmtree(root / "labels/train"),
            "no image of train has a label file; .*train0.txt",
        ),
        (
            lambda root: _list_absent(root, "images/train"),
            r"train\.txt:1: no image of train is there, as .*images/train/absent0\.png; correct",
        ),
        (
            lambda root: (root / "labels/train/train2.txt").write_text("3 .5 .5 .1 .1\n"),
            r"labels/train/train2\.txt:1: .*class 3 of 3",
        ),
        (
            lambda root: (root / "labels/train/train2.txt").write_text(f"{10**30} .5 .5 .1 .1\n"),
            r"train2\.txt:1: expected a class and 4 shares",
        ),
        (
            lambda root: (root / "labels/train/train2.txt").write_text("0 .5 .5 .1\n"),
            r"train2\.txt:1: expected a class and 4 shares",
        ),
        (
            lambda root: (root / "images/train/train2.png").unlink(),
            r"labels/train/train2\.txt: expected its image in .*images/train",
        ),
        (
            lambda root: _describe(root, {"vall": "images/val", "names": ["a"]}),
            r"data\.yaml: vall: .*did you mean val",
        ),
        (lambda root: own.write_yaml(root, {"path": "."}), r"data\.yaml: has no train and no names"),
        (
            lambda root: _describe(root, {"names": ["a", "b", "a"]}),
            r"names: classes 0 and 2 are both named 'a'",
        ),
        (
            lambda root: _describe(root, {"names": {0: "a", 2: "b"}}),
            "names: expected the numbers from 0 to 1",
        ),
        (lambda root: _describe(root, {"names": ["a", ""]}), "names: class 1 has no name"),
        (lambda root: _describe(root, {"names": ["a"], "nc": 2}), r"data\.yaml: says 2 classes, and names 1"),
        (lambda root: own.write_yaml(root, {"train": [["x"]], "names": ["a"]}), "train: expected a text"),
        (
            lambda root: (root / "data.yaml").write_text("train: [images\nnames: a\n"),
            r"data\.yaml:2: is not YAML",
        ),
        (
            lambda root: (root / "data.yaml").write_text("train: a\ntrain: b\nnames: a\n"),
            r"data\.yaml:1: is not YAML \(a key stands twice",
        ),
        (lambda root: (root / "data.yaml").unlink(), r"data\.yaml: cannot be read"),
    ],
)
def test_bad_yolo_sets_are_refused_in_one_line(tmp_path, damage, message):
    path = own.write_yolo(tmp_path)
    damage(tmp_path)
    refused(YOLOReader, path, message)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("obj.data", "classes 3\n", r"obj\.data:1: expected key = value"),
        ("obj.data", "trian = data/train.txt\nnames = data/obj.names\n", r"obj\.data: trian: .*mean train"),
        ("obj.data", "train = data/train.txt\nnames = data/none\n", r"obj\.data: names: there is no .*none"),
        ("obj.names", "", r"obj\.data: has no names"),
        ("obj.names", "cat\ncat\nno\n", "names: classes 0 and 1 are both named 'cat'"),
        ("obj.names", "cat\ndog\n", r"obj\.data: says 3 classes, and names 2"),
        ("train.txt", "", r"obj\.data: train: no image in data/train\.txt"),
    ],
)
def test_bad_darknet_sets_are_refused_in_one_line(tmp_path, name, text, message):
    path = own.write_darknet(tmp_path)
    (tmp_path / name).write_text(text)
    refused(YOLOReader, path, message)


def test_a_class_of_validation_alone_is_refused(tmp_path):
    path = own.write_coco(tmp_path) / "instances_val.json"
    _rename(path, '"dog"', '"wolf"')
    files = {part: str(path.with_name(f"instances_{part}.json")) for part in own.PARTS}
    with pytest.raises(UserError, match=r"instances_val\.json, .*: .*wolf") as error:
        COCOReader(cache_dir=str(tmp_path / "cache"), **files)()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": None}, "missing required field categories"),
        ({"images": None}, "missing required field images"),
        ({"annotations": None}, "missing required field annotations"),
        ({"categories": []}, "names no class"),
        (
            {"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]},
            "classes 0 and 1 are both named 'a'",
        ),
        ({"categories": [{"id": 1, "name": " "}]}, "class 0 has no name"),
        ({"images": []}, "names no image; leave train out"),
        (
            {"images": [{"id": 70, "file_name": "other.png"}]},
            "first image, other.png, is not in .*dataset.images=",
        ),
        (
            {"annotations": [{"id": 1, "image_id": 70, "category_id": 9, "bbox": [1, 1, 2, 2]}]},
            "no category of this file has id 9",
        ),
        (
            {"annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 2]}]},
            "no image of this file has id 7",
        ),
        (
            {"annotations": [{"id": 1, "image_id": 70, "category_id": 3, "bbox": [1, 1, 2]}]},
            "annotation id 1: bbox",
        ),
    ],
)
def test_bad_coco_files_are_refused_in_one_line(tmp_path, change, message):
    path = own.write_coco(tmp_path) / "instances_train.json"
    content = {**json.loads(path.read_text()), **change}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
    refused(COCOReader, path, f"instances_train.json.*{message}")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: shutil.rmtree(root / "Annotations"), "0 folders Annotations there"),
        (lambda root: (root / "ImageSets/Main/val.txt").write_text("\n"), r"val\.txt: no image there"),
        (lambda root: (root / "ImageSets/Main/val.txt").write_text("val0 1 2\n"), r"val\.txt:1: expected "),
        (lambda root: shutil.rmtree(root / "JPEGImages"), "JPEGImages: not there"),
        (
            lambda root: _rename(root / "Annotations/train2.xml", "<xmin>9<", "<xmin>x<"),
            r"train2\.xml, object 1: <bndbox/xmin>: expected a number",
        ),
        (
            lambda root: _rename(root / "Annotations/train2.xml", "bndbox", "box"),
            r"train2\.xml, object 1: expected a <bndbox>",
        ),
        (
            lambda root: (root / "Annotations/train2.xml").unlink(),
            r"train\.txt:3: train2 has no Annotations/train2\.xml",
        ),
        (
            lambda root: (root / "JPEGImages/train2.png").unlink(),
            r"Annotations/train2\.xml: names the image .*train2\.jpg",
        ),
        (lambda root: _rename(root / "Annotations/train2.xml", ">dog<", "><"), "class 0 has no name"),
        (
            lambda root: _rename(root / "Annotations/train2.xml", "</annotation>", ""),
            r"train2\.xml:1: expected well-formed",
        ),
    ],
)
def test_bad_voc_trees_are_refused_in_one_line(tmp_path, damage, message):
    root = own.write_voc(tmp_path)
    damage(root)
    refused(OwnVOCReader, root, message)


def test_a_voc_tree_without_lists_or_with_trainval(tmp_path):
    root = own.write_voc(tmp_path)
    lists = root / "ImageSets/Main"
    (lists / "trainval.txt").write_bytes(
        (lists / "train.txt").read_bytes() + (lists / "val.txt").read_bytes()
    )
    (lists / "train.txt").unlink()
    trained = OwnVOCReader(str(root), str(tmp_path / "cache")).index("train")
    assert len(trained) == 7
    shutil.rmtree(lists)
    assert contents(OwnVOCReader(str(root), str(tmp_path / "cache")).index("train")) == contents(trained)


def test_all_faults_of_a_set_are_found_by_inspection(tmp_path):
    path = own.write_yolo(tmp_path)
    (tmp_path / "labels/train/train2.txt").write_text("7 .5 .5 .1 .1\nx\n")
    (tmp_path / "labels/train/alone.txt").write_text("")
    faults = Faults("skip", decode=False)
    YOLOReader(str(path), str(tmp_path / "cache"), on_error="skip").read("train", faults)
    assert faults.counts == {
        "boxes of an unknown class": 1, "label files without image": 1, "lines not understood": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("birds/data.yaml", "birds"),
        ("my birds.yaml", "my-birds"),
        ("zoo/annotations/instances_train2017.json", "zoo"),
        ("zoo/train/_annotations.coco.json", "zoo"),
        ("pets/VOCdevkit/VOC2012", "pets"),
        ("_x/obj.data", "x"),
        ("zoo/voc_own_classes", "voc_own_classes"),
        ("zoo/train_birds", "train_birds"),
        ("zoo/train_2017.json", "zoo"),
        ("zoo/dataset.v2/data.yaml", "zoo"),
    ],
)
def test_a_set_is_named_by_its_path(tmp_path, path, name):
    assert set_name(tmp_path / path) == name


def test_a_list_that_names_a_missing_image(tmp_path):
    path = own.write_darknet(tmp_path)
    (tmp_path / "obj_train_data/train2.png").unlink()
    with pytest.raises(UserError, match=r"train\.txt:3: names the image .*train2\.png, which is not there"):
        YOLOReader(str(path), str(tmp_path / "cache"))()


def test_labels_of_a_set_below_another_folder_of_images(tmp_path):
    """The twin folder of an outer `images` has nothing to do with the set."""
    path = own.write_darknet(tmp_path / "images" / "zoo")
    assert YOLOReader(str(path), str(tmp_path / "cache"))().counts["train"] == 4


def test_a_separate_folder_of_images(tmp_path):
    folder = own.write_coco(tmp_path / "a")
    (tmp_path / "a/images").rename(tmp_path / "pixels")
    files = {part: str(folder / f"instances_{part}.json") for part in own.PARTS}
    reader = COCOReader(cache_dir=str(tmp_path / "cache"), images=str(tmp_path / "pixels"), **files)
    assert reader().counts == {"train": 4, "val": 3, "test": 3}
