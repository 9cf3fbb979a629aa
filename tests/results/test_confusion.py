"""Confusion matrices read from runs' folders: small ones, told apart and counted by hand."""

import json

import pytest

from lga.dashboard.page.payload import payload
from lga.results.collect import collect
from lga.results.curves import Outcome, read_confusion
from lga.system.errors import UserError
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_pictures, leave_run, made_confusion, made_record

CLASSES = ("car", "van", "bus")
COUNTS = [
    [50, 7, 0, 3],  # 60 cars: 7 taken for vans, 3 missed
    [9, 20, 2, 0],  # 31 vans: 9 taken for cars, 2 for buses
    [0, 7, 10, 100],  # 117 buses: 7 taken for vans, 100 missed
    [4, 0, 1, 0],  # 5 boxes where nothing is
]


def left(folder, **changes):
    path = folder / "curves.json"
    path.write_text(json.dumps({"confusion": made_confusion(CLASSES, COUNTS) | changes}))
    return path


def test_counts_and_sums(tmp_path):
    """Right 50 + 20 + 10, mistaken 7 + 9 + 2 + 7, missed 3 + 100, nothing there 4 + 1."""
    read = read_confusion(left(tmp_path))
    assert read.counts == [{0: 50, 1: 7, 3: 3}, {0: 9, 1: 20, 2: 2}, {1: 7, 2: 10, 3: 100}, {0: 4, 2: 1}]
    assert read.totals == [60, 31, 117, 5]
    assert read.outcome == Outcome(right=80, mistaken=25, missed=103, nothing_there=5)
    assert (read.classes, read.confidence, read.iou) == ([*CLASSES, "background"], 0.25, 0.5)


def test_most_confused_pairs_come_first_and_leave_out_the_background(tmp_path):
    """9, then 7 and 7 in the order of the classes, then 2; neither the diagonal nor the 100 missed."""
    assert read_confusion(left(tmp_path)).pairs == [(1, 0), (0, 1), (2, 1), (1, 2)]
    assert read_confusion(left(tmp_path), pairs=2).pairs == [(1, 0), (0, 1)]


def test_nothing_to_show(tmp_path):
    assert read_confusion(tmp_path / "none.json") is None
    assert read_confusion(left(tmp_path, true_by_found=[[0] * 4] * 4)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"true_by_found": COUNTS[:3]},
        {"true_by_found": [row[:3] for row in COUNTS]},
        {"true_by_found": [[-1] * 4] * 4},
        {"true_by_found": [[0.5] * 4] * 4},
        {"true_by_found": 1},
        {"classes": []},
        {"classes": [1, 2, 3, 4]},
        {"classes": None},
        {"iou": float("nan")},
        {"confidence": None},
    ],
)
def test_what_is_no_matrix_is_refused(tmp_path, changes):
    with pytest.raises(UserError, match=r"curves\.json: no confusion matrix: \w+Error: "):
        read_confusion(left(tmp_path, **changes))


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"confusion": []}', '{"confusion": 1}'])
def test_what_is_no_record_of_curves_is_refused(tmp_path, text):
    path = tmp_path / "curves.json"
    path.write_text(text)
    with pytest.raises(UserError, match="no confusion matrix"):
        read_confusion(path)


def test_the_page_has_the_matrix_of_each_shown_run_without_its_zeros(tmp_path):
    for seed in (0, 1):
        folder = leave_run(tmp_path / "runs", made_record(seed=seed))
        leave_pictures(folder, confusion=made_confusion(CLASSES, COUNTS))
    data = payload(collect(tmp_path / "runs"), tmp_path, GENERATED)
    (sample,) = data["samples"]["runs"]
    confusion = json.loads(json.dumps(sample["confusion"]))
    assert confusion["counts"][2] == {"1": 7, "2": 10, "3": 100}
    assert confusion["outcome"]["nothing_there"] == 5
    assert data["problems"] == []


def test_a_broken_matrix_is_reported_and_the_rest_stays(tmp_path):
    folder = leave_run(tmp_path / "runs", made_record())
    leave_pictures(folder, confusion={})
    data = payload(collect(tmp_path / "runs"), tmp_path, GENERATED)
    (sample,), (problem,) = data["samples"]["runs"], data["problems"]
    assert (sample["confusion"], sample["precision_recall"]["iou"]) == (None, 0.5)
    assert problem["path"].endswith("curves.json")
    assert problem["reason"].startswith("no confusion matrix")
