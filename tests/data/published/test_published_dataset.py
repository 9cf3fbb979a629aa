"""What every reader of a published set does with links, hidden files, pipes, parts at hand and odd names."""

import json
import os
import shutil
from types import MappingProxyType

import pytest

from lga.data.detection.detection_data import DetectionData
from lga.data.detection.faults import Faults
from lga.data.published.coco import Coco2017Reader
from lga.data.published.dota import DOTAReader
from lga.data.published.gwhd.challenge_2021 import GWHD2021Reader
from lga.data.published.gwhd.kaggle import GWHDKaggleReader
from lga.data.published.published_dataset import PublishedDataset
from lga.data.published.split_plan import HELD_OUT, SplitPlan
from lga.data.published.tinyperson import TinyPersonReader
from lga.data.published.visdrone import VisDroneReader
from lga.data.published.voc import VOC2007Reader
from lga.system.errors import UserError
from tests.data.trees import coco, dota, gwhd, tinyperson, visdrone, voc
from tests.data.trees.pictures import write_picture


class LabelFiles(PublishedDataset):
    """A set of YOLO's text files alone: no method is its own."""

    name, folder, class_names, part_names = "mine", "mine", ("cat", "dog"), ("train", "val")
    plans = MappingProxyType({"official": SplitPlan(("train",), "val", "val", who="me")})


def test_a_set_of_label_files_needs_no_method(data_dir):
    for part in ("train", "val"):
        write_picture(data_dir / "mine/images" / part / f"{part}.png", 20, 10)
        (data_dir / "mine/labels" / part).mkdir(parents=True)
        (data_dir / "mine/labels" / part / f"{part}.txt").write_text("1 0.5 0.5 0.5 0.4\n")
    assert made(LabelFiles, data_dir)().train.annotations.boxes.tolist() == [[5, 3, 15, 7]]
    shutil.rmtree(data_dir / "mine/images/val")
    with pytest.raises(UserError, match="mine/images/val: not there; put the images there"):
        made(LabelFiles, data_dir)()


PREFIX = "VisDrone2019-DET-"


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


def made(kind, data_dir, **settings):
    return kind(data_dir, data_dir.parent / "cache", **settings)


def annotation(root, part="train", number=2):
    return sorted((root / f"{PREFIX}{part}" / "annotations").glob("*.txt"))[number]


def refused(reader, part):
    """The part is refused in one line; with on_error=skip it is read, and the fault counted."""
    with pytest.raises(UserError) as error:
        reader.index(part)
    assert "\n" not in str(error.value)
    assert reader.read(part, Faults("skip", decode=False)).index.dropped
    return str(error.value)


def test_images_in_a_linked_folder_are_images_of_the_part(data_dir, tmp_path):
    root = tinyperson.write_tree(data_dir)
    whole = made(TinyPersonReader, data_dir).index("train").names.tolist()
    (root / "tiny_set/train/labeled_images").rename(tmp_path / "elsewhere")
    (root / "tiny_set/train/labeled_images").symlink_to(tmp_path / "elsewhere")
    assert made(TinyPersonReader, data_dir).index("train").names.tolist() == whole


def test_toolchain_labels_in_a_linked_folder(data_dir, tmp_path):
    root = visdrone.write_tree(data_dir, parts=("train",))
    (root / "images").mkdir()
    (root / f"{PREFIX}train/images").rename(root / "images/train")
    shutil.rmtree(root / f"{PREFIX}train")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "0000000_00000_d_0000000.txt").write_text("3 0.5 0.5 0.25 0.5\n")
    (root / "labels").mkdir()
    (root / "labels/train").symlink_to(tmp_path / "labels")
    assert made(VisDroneReader, data_dir).index("train").labels.tolist() == [3]


@pytest.mark.parametrize(("kind", "write"), [(VisDroneReader, visdrone), (DOTAReader, dota)])
def test_files_that_macos_leaves_beside_annotations_are_none(data_dir, kind, write):
    root = write.write_tree(data_dir)
    whole = made(kind, data_dir).index("train")
    for path in list(root.rglob("*.txt")):
        path.with_name(f"._{path.name}").write_bytes(b"\x00\x05\x16\x07\xff")
    again = made(kind, data_dir).index("train")
    assert (again.names == whole.names).all()
    assert len(again.boxes) == len(whole.boxes)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_where_an_annotation_should_be(data_dir, kind):
    path = annotation(visdrone.write_tree(data_dir))
    path.unlink()
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    expected = "a folder" if kind == "folder" else "a named pipe"
    assert f"{path}: is {expected}, not a file" in refused(made(VisDroneReader, data_dir), "train")


@pytest.mark.parametrize(
    "line",
    [
        "1_0,10,20,16,1,3,0,0",
        "\u0661,10,20,16,1,3,0,0",
        f"{10**30},1,2,3,1,3,0,0",
        f"1,2,{'9' * 5000},3,1,3,0,0",
    ],
)
def test_numbers_that_only_python_takes(data_dir, line):
    annotation(visdrone.write_tree(data_dir)).write_text(f"{line}\n")
    assert "_d_0000002.txt:1: expected 8 integers" in refused(made(VisDroneReader, data_dir), "train")


@pytest.mark.parametrize(
    ("kind", "write", "pattern", "part", "old", "new"),
    [
        (
            VOC2007Reader,
            voc.write_tree,
            "*/*/Annotations/000013.xml",
            "train2007",
            "<width>96<",
            "<width>1{}<",
        ),
        (GWHDKaggleReader, gwhd.write_kaggle, "*/train.csv", "arvalis_1", "k0,64", "k0,64{}"),
        (GWHDKaggleReader, gwhd.write_kaggle, "*/train.csv", "arvalis_1", "[0.0", "[1{}"),
        (DOTAReader, dota.write_tree, "train/labelTxt/P0000.txt", "train", "10 8 30", "1{} 8 30"),
        (GWHD2021Reader, gwhd.write_2021, "*/*train.csv", "train", "1 2 11 12", "1{} 2 11 12"),
    ],
)
def test_numbers_beyond_what_an_array_holds(data_dir, kind, write, pattern, part, old, new):
    write(data_dir)
    reader = made(kind, data_dir)
    (path,) = reader.root.glob(pattern)
    path.write_text(path.read_text().replace(old, new.format("0" * 30), 1))
    assert ": " in refused(reader, part)


def test_a_list_that_leads_out_of_the_tree(data_dir):
    voc.write_tree(data_dir)
    listed = data_dir / "VOCdevkit/VOC2007/ImageSets/Main/train.txt"
    listed.write_text(listed.read_text() + "/etc/passwd\n")
    message = refused(made(VOC2007Reader, data_dir), "train2007")
    assert "train.txt:5: expected a relative path below the set's folder, found '/etc/passwd'" in message


def changed_coco(data_dir, change):
    path = coco.write_tree(data_dir) / "annotations/instances_val2017.json"
    path.write_text(change(path.read_text()))
    return made(Coco2017Reader, data_dir)


def test_a_list_that_stands_twice_in_a_json_file(data_dir):
    reader = changed_coco(data_dir, lambda text: text[:-1] + ', "annotations": []}')
    with pytest.raises(UserError, match=r"instances_val2017\.json: gives annotations twice"):
        reader.index("val2017")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"file_name": "000000000285.jpg"', '"file_name": "000000000139.jpg"', "has been named before"),
        ('"area": 500.0', '"area": -500.0', r"area: expected float >= 0"),
        ('"bbox": [11.0', '"bbox": [1e300', "expected float"),
        ('"category_id": 2', '"category_id": 2, "category_id": 3', "gives category_id twice"),
        ('"file_name": "000000000285.jpg"', f'"file_name": "{"x" * 1_000_000}"', "a relative path below"),
    ],
)
def test_json_records_that_only_python_takes(data_dir, old, new, message):
    reader = changed_coco(data_dir, lambda text: text.replace(old, new, 1))
    with pytest.raises(UserError, match=message):
        reader.index("val2017")
    reader.read("val2017", Faults("skip", decode=False))


def test_the_published_faults_of_the_wheat_tables(data_dir):
    """A second row of an image and boxes wholly outside: left out and counted, whatever on_error says."""
    gwhd.write_2021(data_dir, faults=True)
    index = made(GWHD2021Reader, data_dir).index("train")
    table = "gwhd_2021/competition_train.csv"
    assert index.boxes[index.image == 0].tolist() == [[9, 6, 20, 16], [30, 2, 40, 12]]
    assert index.boxes[index.image == 4].tolist() == [[0, 1, 22, 31]]
    assert [entry for entry in index.dropped if "clipped" not in entry.what] == [
        ("rows that disagree with an earlier one", f"{table}:7"),
        ("rows that repeat another", f"{table}:8"),
        ("boxes outside the image", f"{table}:6"),
    ]


def test_an_empty_folder_is_named(data_dir):
    root = visdrone.write_tree(data_dir)
    for path in (root / f"{PREFIX}test-dev").rglob("*.*"):
        path.unlink()
    with pytest.raises(UserError, match=rf"test-dev: no annotated image in {root}/{PREFIX}test-dev/images; "):
        made(VisDroneReader, data_dir)()


def test_a_test_split_without_any_object_is_refused_before_training(data_dir):
    root = visdrone.write_tree(data_dir)
    for path in (root / f"{PREFIX}test-dev/annotations").iterdir():
        path.write_text("")
    data = DetectionData(made(VisDroneReader, data_dir), 64, 2, epochs=1)
    with pytest.raises(UserError, match="visdrone test: no object on its 6 images, so nothing to judge by"):
        data.train_dataloader()


PLAN, PAPER = SplitPlan(("a",), "b", "c", who=""), SplitPlan(("a",), "b", "b", who="", leak="as published")


@pytest.mark.parametrize(
    ("plan", "there", "expected"),
    [
        (PLAN, "abc", (("a",), "b", "c")),
        (PLAN, "ab", (("a",), None, "b")),
        (PLAN, "ac", (("a",), None, "c")),
        (PLAN, "bc", (("b",), None, "c")),
        (PLAN, "a", (("a",), None, HELD_OUT)),
        (PLAN, "b", (("b",), None, HELD_OUT)),
        (PLAN, "", (("a",), "b", "c")),
        (PAPER, "b", (("b",), None, HELD_OUT)),
        (PAPER, "a", (("a",), None, HELD_OUT)),
    ],
)
def test_plans_of_the_parts_at_hand(plan, there, expected):
    found = plan.at_hand(lambda part: part in there)
    assert (found.train, found.val, found.test) == expected
    assert (found.selection == "test") is (found.test == HELD_OUT)
    assert bool(found.leak) is (found.test == HELD_OUT)


def test_a_subset_on_purpose(data_dir, caplog):
    """Only val is there, without one of its images: trained and judged on, counted, and said."""
    root = visdrone.write_tree(data_dir, parts=("val",), images=24)
    next((root / f"{PREFIX}val/images").iterdir()).unlink()
    with pytest.raises(UserError, match="VisDrone2019-DET-train/annotations: not there"):
        made(VisDroneReader, data_dir)()
    splits = made(VisDroneReader, data_dir, subset=True)()
    assert splits.counts == {"train": 22, "val": 1, "test": 1}
    assert splits.selection == "test"
    assert splits.dropped["val: images not at hand"] == 1
    assert (splits.dropped["train: not at hand"], splits.dropped["test-dev: not at hand"]) == (1, 1)
    assert (
        "a subset: splits official become train val; val held out of train; test held out of" in caplog.text
    )
    assert "visdrone val: 23 of 548 published images" in caplog.text


def test_a_subset_forgives_nothing_else(data_dir):
    annotation(visdrone.write_tree(data_dir)).write_text("1,2\n")
    with pytest.raises(UserError, match="expected 8 integers"):
        made(VisDroneReader, data_dir, subset=True)()


def test_fewer_images_than_published_are_said(data_dir, caplog):
    visdrone.write_tree(data_dir)
    made(VisDroneReader, data_dir)()
    assert (
        "visdrone train: 6 of 6471 published images; if that is on purpose, data.subset=true" in caplog.text
    )


def test_a_name_that_is_no_utf_8(data_dir):
    folder = visdrone.write_tree(data_dir) / f"{PREFIX}train"
    image, label = next((folder / "images").iterdir()), annotation(folder.parent, number=0)
    odd = os.fsdecode(b"caf\xe9\x1b[31m")
    os.link(image, folder / "images" / f"{odd}.jpg")
    os.link(label, folder / "annotations" / f"{odd}.txt")
    assert len(made(VisDroneReader, data_dir).index("train")) == 7
    json.dumps(made(VisDroneReader, data_dir).manifest("train"))
