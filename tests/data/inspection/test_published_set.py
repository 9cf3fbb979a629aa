"""Inspections of VisDrone trees; every count and fault is known, see `tests.data.inspection.trees`."""

import json
import shutil

import pytest

from lga.data.inspection.published_set import PublishedInspection
from lga.data.published.voc import VOC2007Reader
from tests.data.inspection.trees import SmallVisDrone, annotation, image, write_faulty_tree
from tests.data.trees import voc
from tests.data.trees.visdrone import write_tree

TRAIN, VAL = "VisDrone2019-DET-train", "VisDrone2019-DET-val"


def inspected(root, splits="official", decode=False, subset=False):
    reader = SmallVisDrone(root.parent, root.parents[1] / "cache", splits, "skip", subset)
    return PublishedInspection(reader, decode).report().as_dict()


@pytest.fixture
def sound(tmp_path):
    return write_tree(tmp_path / "data")


def test_counts_of_a_sound_part(sound):
    report = inspected(sound)
    train = report["parts"]["train"]
    assert (report["ok"], report["wrong"], report["leaks"]) == (True, [], [])
    contents = train["contents"]
    assert (contents["images"], contents["without_objects"]) == (6, 1)
    assert (contents["objects"], contents["boxes"]) == (11, 14)
    assert contents["ignored"] == {"region": 1, "not evaluated": 2}
    assert list(contents["per_class"].values()) == [2, 0, 1, 6, 1, 1, 0, 0, 0, 0]
    assert all(figure["difference"] == 0 for figure in train["published"])
    assert [figure["what"] for figure in train["published"]][:3] == ["images", "objects", "pedestrian"]


def test_sizes_of_a_sound_part(sound):
    """Roots: 10 x 12, twice 16 x 8, four times 20 x 16 and 24 x 30: the sixth of eleven is that of 320."""
    contents = inspected(sound)["parts"]["train"]["contents"]
    assert contents["image_sizes"]["median"] == [96, 64]
    assert contents["image_sizes"]["counts"] == {"96 x 64": 6}
    assert contents["box_sizes"]["under"] == {"8": 0, "16": 3, "20": 7, "32": 11}
    assert contents["box_sizes"]["percentiles"]["50"] == pytest.approx(320**0.5, abs=0.005)


def test_what_published_files_are_known_to_contain(sound):
    train = inspected(sound)["parts"]["train"]
    first = f"{TRAIN}/annotations/0000000_00000_d_0000000.txt"
    assert train["known"] == [{"what": "boxes of no size", "place": f"{first}:7"}]
    assert train["duplicate_boxes"] == [{"place": f"{first}:4", "first": f"{first}:3"}]
    assert (train["refused"], train["unnamed_images"]) == ([], [])


def test_the_inspection_keeps_no_index(sound):
    inspected(sound)
    assert not (sound.parents[1] / "cache").exists()


def test_every_fault_is_reported_at_once(tmp_path):
    root = write_faulty_tree(tmp_path / "data")
    report = inspected(root)
    json.dumps(report)
    by_kind = {}
    for wrong in report["wrong"]:
        by_kind.setdefault(wrong["what"], []).append(wrong["message"])
    assert not report["ok"]
    assert by_kind.pop("lines not understood") == [
        f"{TRAIN}/annotations/0000000_00002_d_0000002.txt:1: "
        "expected 8 integers separated by commas, found '1,2,3'"
    ]
    for what, number, of in (
        ("boxes of an unknown class", 3, "class 11 of 10"),
        ("boxes inverted", 4, "8, 10, -12, 26"),
        ("boxes outside the image", 5, "96, 10, 116, 26"),
    ):
        (line,) = by_kind.pop(what)
        assert line.startswith(f"{TRAIN}/annotations/0000000_0000{number}_d_000000{number}.txt:1: the box is")
        assert of in line
    (missing,) = by_kind.pop("images missing")
    assert missing.startswith(f"{VAL}/annotations/0000001_00002_d_0000002.txt: names the image")
    (unreadable,) = by_kind.pop("images unreadable or of another size")
    assert str(image(root, "val", 3)) in unreadable
    (encoding,) = by_kind.pop("files that are not UTF-8 text")
    assert encoding.startswith(f"{VAL}/annotations/0000001_00005_d_0000005.txt: expected UTF-8 text")
    train = f"{TRAIN}/images/"
    assert by_kind.pop("images that stand twice in a part") == [
        f"train: the same content: {train}0000000_00005_d_0000005.jpg, {train}0000000_00009_d_0000009.jpg"
    ]
    test = "VisDrone2019-DET-test-dev/images/"
    assert by_kind.pop("images that two splits share") == [
        "train and test of official, same content: "
        f"{train}0000000_00005_d_0000005.jpg, {test}0000002_00009_d_0000009.jpg",
        "train and test of official, same name: "
        f"{train}0000002_00004_d_0000004.jpg, {test}0000002_00004_d_0000004.jpg",
    ]
    counts = by_kind.pop("counts that differ from the published ones")
    assert "train, images: 8 found, 6 published, differs by +2" in counts
    assert "train, objects: 4 found, 11 published, differs by -7" in counts
    assert "val, images: 4 found, 6 published, differs by -2" in counts
    assert "test-dev, images: 7 found, 6 published, differs by +1" in counts
    (unannotated,) = by_kind.pop("images without annotation file")
    assert unannotated.startswith(f"{VAL}/images/unnamed.jpg: expected its annotation file")
    assert by_kind == {}
    assert report["parts"]["val"]["unnamed_images"] == [f"{VAL}/images/unnamed.jpg"]
    assert report["parts"]["train"]["known"][0]["what"] == "boxes of no size"


@pytest.mark.parametrize("decode", [False, True])
def test_an_image_that_breaks_off_is_found_by_decoding(sound, decode):
    path = image(sound, "train", 2)
    path.write_bytes(path.read_bytes()[:-200])
    wrong = [entry["what"] for entry in inspected(sound, decode=decode)["wrong"]]
    assert ("images unreadable or of another size" in wrong) is decode


def test_a_part_that_the_plan_needs(sound):
    (sound / "VisDrone2019-DET-test-dev").rename(sound / "elsewhere")
    (wrong,) = inspected(sound)["wrong"]
    assert wrong["what"] == "parts that cannot be read"
    assert "unpack VisDrone2019-DET-test-dev.zip into" in wrong["message"]


def test_a_part_that_the_plan_does_not_need(sound):
    (sound / "VisDrone2019-DET-test-dev").rename(sound / "elsewhere")
    report = inspected(sound, splits="paper")
    assert (report["ok"], list(report["parts"])) == (True, ["train", "val"])
    assert list(report["plans"]) == ["official", "paper"]
    (leak,) = report["leaks"]
    assert (leak["splits"], leak["how"], leak["count"]) == (["val", "test"], "same file", 6)
    assert leak["declared"]


def test_a_label_of_no_image_and_an_image_of_no_label(sound):
    annotation(sound, "train", 2).unlink()
    image(sound, "train", 3).unlink()
    report = inspected(sound)
    assert report["parts"]["train"]["unnamed_images"] == [f"{TRAIN}/images/0000000_00002_d_0000002.jpg"]
    wrong = [entry["what"] for entry in report["wrong"]]
    assert (wrong.count("images missing"), wrong.count("images without annotation file")) == (1, 1)


def test_a_part_that_the_plan_does_not_use_is_not_judged(sound):
    annotation(sound, "test-dev", 2).write_text("1,2,3\n")
    assert inspected(sound, splits="paper")["ok"]
    assert not inspected(sound)["ok"]


def test_a_year_that_the_plan_does_not_use_is_not_judged(tmp_path):
    """Nothing of VOC2012 is looked at for VOC2007, and everything of it by the plan that joins both years."""
    root = voc.write_tree(tmp_path / "data")
    (root / "VOC2012/Annotations/2008_000008.xml").write_text("<annotation>")
    for splits, judged in (("official", False), ("toolchain", True)):
        reader = VOC2007Reader(tmp_path / "data", tmp_path / "cache", splits, "skip")
        report = PublishedInspection(reader, False).report().as_dict()
        assert any("2012" in str(wrong) for wrong in report["wrong"]) is judged
        assert any("2012" in part for part in report["parts"]) is judged


def test_a_subset_is_judged_by_what_it_holds(sound):
    """Fewer images are meant; what is wrong with those that are there is not."""
    image(sound, "train", 3).unlink()
    (sound / "VisDrone2019-DET-test-dev").rename(sound / "elsewhere")
    assert not inspected(sound)["ok"]
    report = inspected(sound, subset=True)
    assert (report["ok"], list(report["parts"])) == (True, ["train", "val"])
    annotation(sound, "train", 2).write_text("1,2,3\n")
    assert [entry["what"] for entry in inspected(sound, subset=True)["wrong"]] == ["lines not understood"]


def test_many_equal_pictures_are_five_names_and_a_number(sound):
    for number in range(8):
        shutil.copy(image(sound, "val", 2), image(sound, "val", 20 + number))
        annotation(sound, "val", 20 + number).write_text("")
    (line,) = [entry["message"] for entry in inspected(sound)["wrong"] if "twice" in entry["what"]]
    assert line.count(".jpg") == 5
    assert line.endswith(" and 4 more")
