"""Pictures and precision curves of detection runs on the page: PNGs of one colour, and curves by hand."""

import base64
import io
import json
import os

import pytest
from PIL import Image

from lga.dashboard.page.payload import payload
from lga.dashboard.page.samples import ATTENTIONS, IMAGES, picture_paths, samples, thumbnail
from lga.results.collect import collect
from lga.results.comparison import compare
from lga.results.curves import read_precision_recall
from lga.system.errors import UserError
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_pictures, leave_predictions, leave_run, made_record


def leave_shown(root, attention="none", seed=0, **options):
    folder = leave_run(root, made_record(attention=attention, seed=seed))
    leave_pictures(folder, **options)
    return folder


def data_of(root):
    return payload(collect(root / "runs"), root, GENERATED)


def gathered(root, **options):
    collection = collect(root / "runs")
    position = {id(run): index for index, run in enumerate(collection.runs)}
    return samples(compare(collection.runs), position, root, [], **options)


def test_thumbnail_is_a_small_picture_of_the_same_colour(tmp_path):
    """1600 x 840 with the long side at 800 is 800 x 420."""
    leave_pictures(tmp_path, size=(1600, 840), colour=(200, 40, 40))
    small = thumbnail(tmp_path / "pictures" / "0-image-0.png")
    kind, encoded = small["source"].split(",")
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        assert (kind, picture.format) == ("data:image/webp;base64", "WEBP")
        assert picture.size == (small["width"], small["height"]) == (800, 420)
        assert picture.getpixel((9, 9)) == pytest.approx((200, 40, 40), abs=4)


def test_pictures_come_by_number_not_by_text(tmp_path):
    leave_pictures(tmp_path, count=11)
    folder = tmp_path / "pictures"
    (folder / "other.png").touch()
    assert [path.name for path in picture_paths(folder)] == [f"{n}-image-{n}.png" for n in range(11)]
    assert picture_paths(tmp_path / "predictions") == []


def test_each_attention_shows_two_images_of_its_lowest_seed_with_pictures(tmp_path):
    leave_run(tmp_path / "runs", made_record(attention="none", seed=0))
    for seed in (2, 1):
        leave_shown(tmp_path / "runs", "none", seed)
    leave_shown(tmp_path / "runs", "lga")
    data = data_of(tmp_path)
    shown = data["samples"]["runs"]
    runs = [data["runs"][sample["run"]] for sample in shown]
    assert [(run["attention"], run["seed"]) for run in runs] == [("none", 1), ("lga", 0)]
    assert [data["groups"][sample["group"]]["attention"] for sample in shown] == ["none", "lga"]
    assert [picture["name"] for picture in shown[0]["pictures"]] == ["0-image-0", "1-image-1"]
    assert (tmp_path / shown[0]["pictures"][0]["link"]).is_file()
    assert (data["samples"]["left_out"], data["problems"]) == ([], [])


def test_own_images_are_shown_of_any_run_and_before_those_of_the_test_split(tmp_path):
    """Of the lowest seed that predicted some; a classifier has no pictures of its test."""
    leave_run(tmp_path / "runs", made_record(attention="none", seed=0))
    leave_predictions(leave_run(tmp_path / "runs", made_record(attention="none", seed=1)), count=8)
    leave_predictions(leave_shown(tmp_path / "runs", "lga"), count=1)
    data = data_of(tmp_path)
    shown = [(data["runs"][s["run"]]["attention"], s["own"], s["of"]) for s in data["samples"]["runs"]]
    assert shown == [("none", True, 8), ("lga", True, 1), ("lga", False, 2)]
    own, judged = data["samples"]["runs"][1:]
    assert [picture["name"] for picture in own["pictures"]] == ["1-photo-1"]
    assert "predictions/1-photo-1.png" in own["pictures"][0]["link"]
    assert (own.get("confusion"), judged["confusion"]["classes"]) == (None, ["a", "b", "background"])
    assert len(data["samples"]["runs"][0]["pictures"]) == IMAGES["predictions"]


def test_runs_have_the_first_metric_that_classes_have(tmp_path):
    per_class = {"cat": {"paper/map50": 51.234, "coco/map": 2.0}, "dog": {}, "cow": {"paper/map50": 7.0}}
    leave_run(tmp_path / "runs", made_record(metrics_per_class=per_class))
    leave_run(tmp_path / "runs", made_record(seed=1))
    data = data_of(tmp_path)
    first, second = (run["by_class"] for run in data["runs"])
    assert first == {"metric": "paper/map50", "classes": 0, "values": [51.23, None, 7.0]}
    assert (data["classes"], second) == ([("cat", "dog", "cow")], None)


def test_more_attentions_than_a_reader_can_compare_are_left_out_by_name(tmp_path):
    for index in range(ATTENTIONS + 2):
        leave_shown(tmp_path / "runs", f"block{index}")
    result = gathered(tmp_path)
    assert len(result["runs"]) == ATTENTIONS
    assert result["left_out"] == ["digits, mobilenetv3, block6", "digits, mobilenetv3, block7"]


def test_the_budget_of_the_page_is_kept(tmp_path):
    """Pictures of one size and colour and equal matrices are equally long: a budget of two runs shows two."""
    for attention in ("none", "lga", "se"):
        leave_shown(tmp_path / "runs", attention)
    sample = gathered(tmp_path)["runs"][0]
    pictures = sum(len(picture["source"]) for picture in sample["pictures"])
    one = pictures + len(json.dumps(sample["confusion"]))
    exact, short = gathered(tmp_path, budget=2 * one), gathered(tmp_path, budget=2 * one - 1)
    assert (len(exact["runs"]), exact["left_out"]) == (2, ["digits, mobilenetv3, se"])
    assert (len(short["runs"]), len(short["left_out"])) == (1, 2)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n\0\0"])
def test_an_unreadable_picture_is_reported_and_the_others_stay(tmp_path, content):
    folder = leave_shown(tmp_path / "runs")
    (folder / "pictures" / "0-image-0.png").write_bytes(content)
    data = data_of(tmp_path)
    assert [picture["name"] for picture in data["samples"]["runs"][0]["pictures"]] == ["1-image-1"]
    (problem,) = data["problems"]
    assert problem["path"].endswith("0-image-0.png")
    assert problem["reason"].startswith("not a readable PNG picture")


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def zeros(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def large(path):
    with path.open("r+b") as file:
        file.truncate(20_000_000)


@pytest.mark.parametrize(
    ("spoil", "message"), [(pipe, "not a regular file"), (zeros, "a link"), (large, "20 MB; at most")]
)
def test_a_picture_that_is_no_small_file_is_reported_at_once(tmp_path, spoil, message):
    folder = leave_shown(tmp_path / "runs")
    spoil(folder / "pictures" / "0-image-0.png")
    spoil(folder / "curves.json")
    data = data_of(tmp_path)
    assert [picture["name"] for picture in data["samples"]["runs"][0]["pictures"]] == ["1-image-1"]
    named = {
        problem["path"].rsplit("/", 1)[1] for problem in data["problems"] if message in problem["reason"]
    }
    assert named == {"0-image-0.png", "curves.json"}


def test_a_picture_cut_short_is_reported(tmp_path):
    leave_pictures(tmp_path)
    path = tmp_path / "pictures" / "0-image-0.png"
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(UserError, match="not a readable PNG"):
        thumbnail(path)


def test_runs_without_pictures_have_no_samples(tmp_path):
    leave_run(tmp_path / "runs", made_record())
    assert data_of(tmp_path)["samples"] == {"runs": [], "left_out": []}


def test_precision_is_the_mean_over_classes(tmp_path):
    """At recalls 0, 0.5 and 1: (1 + 0.5) / 2, (0.8 + 0.2) / 2 and 0."""
    leave_pictures(tmp_path, precision={"a": [1, 0.8, 0], "b": [0.5, 0.2, 0]})
    curve = read_precision_recall(tmp_path / "curves.json")
    assert (curve.iou, curve.recall, curve.precision) == (0.5, [0, 0.5, 1], [0.75, 0.5, 0])
    assert read_precision_recall(tmp_path / "none.json") is None


def test_no_judged_class_is_no_curve(tmp_path):
    leave_pictures(tmp_path, precision={})
    assert read_precision_recall(tmp_path / "curves.json") is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps({"precision_recall": {"recall": 1}})])
def test_unreadable_curves_are_reported_and_the_pictures_stay(tmp_path, text):
    folder = leave_shown(tmp_path / "runs")
    (folder / "curves.json").write_text(text)
    data = data_of(tmp_path)
    (sample,) = data["samples"]["runs"]
    assert (len(sample["pictures"]), sample["precision_recall"]) == (2, None)
    assert data["problems"][0]["path"].endswith("curves.json")


@pytest.mark.parametrize("row", [[1, 1], [1, 1, float("nan")]])
def test_curves_of_another_length_or_not_finite_are_refused(tmp_path, row):
    leave_pictures(tmp_path, precision={"a": row})
    with pytest.raises(UserError, match="no precision by recall"):
        read_precision_recall(tmp_path / "curves.json")
