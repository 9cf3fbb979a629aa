"""Records found, read, sorted; and what is wrong with the others."""

import json
import time

import pytest

from lga.results.collect import collect
from lga.system.errors import UserError
from tests.results.made_records import leave_run, made_record


def test_collects_sorted_by_cell_scale_and_seed(tmp_path):
    for attention, seed in (("se", 1), ("none", 2), ("se", 0)):
        leave_run(tmp_path, made_record(attention=attention, seed=seed))
    found = collect(tmp_path)
    cells = [(run.record.cell.attention, run.record.cell.seed) for run in found.runs]
    assert cells == [("none", 2), ("se", 0), ("se", 1)]
    assert all((run.folder / "result.json").is_file() for run in found.runs)
    assert found.problems == ()


def test_network_names_the_detector_if_there_is_one(tmp_path):
    leave_run(tmp_path, made_record())
    record = made_record(seed=1)
    detecting = record.cell.model_copy(update={"detector": "yolo"})
    leave_run(tmp_path, record.model_copy(update={"cell": detecting}))
    assert {run.network for run in collect(tmp_path).runs} == {"mobilenetv3", "mobilenetv3 + yolo"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a run record: Expecting value"),
        ("{}", "not a run record: status"),
        ("[]", "not a run record: status"),
        ("7", "not a run record: 'int' object is not iterable"),
        ('{"status": "finished", "surprise": 1}', "not a run record"),
        ("\udcff", "not a run record"),
    ],
)
def test_a_record_that_cannot_be_read_is_reported_and_the_others_stay(tmp_path, text, reason):
    leave_run(tmp_path, made_record())
    broken = tmp_path / "broken" / "result.json"
    broken.parent.mkdir()
    broken.write_bytes(text.encode("utf-8", "surrogateescape"))
    found = collect(tmp_path)
    assert len(found.runs) == 1
    assert [problem.path for problem in found.problems] == [broken]
    assert found.problems[0].reason.startswith(reason)


def test_a_metric_that_is_no_number_is_a_problem(tmp_path):
    folder = leave_run(tmp_path, made_record(top1=91.5))
    path = folder / "result.json"
    content = json.loads(path.read_text())
    del content["digest"]  # as of a record from before there was one
    path.write_text(json.dumps(content).replace('"top1": 91.5', '"top1": NaN'))
    found = collect(tmp_path)
    assert found.runs == ()
    assert "metrics.top1: Input should be a finite number" in found.problems[0].reason


def test_a_folder_in_place_of_a_record_is_a_problem(tmp_path):
    (tmp_path / "run" / "result.json").mkdir(parents=True)
    assert [problem.reason for problem in collect(tmp_path).problems] == ["Is a directory"]


def test_nothing_below_a_run_is_looked_at(tmp_path):
    folder = leave_run(tmp_path, made_record())
    (folder / "wandb").mkdir()
    (folder / "wandb" / "result.json").write_text("{}")
    assert len(collect(tmp_path).runs) == 1
    assert collect(tmp_path).problems == ()


def test_no_folder_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match=r"no such folder; run a cell first"):
        collect(tmp_path / "runs")


@pytest.mark.slow
def test_ten_thousand_records_are_collected_in_seconds(tmp_path):
    text = made_record().model_dump_json()
    for index in range(10_000):
        folder = tmp_path / str(index // 100) / str(index)
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(text)
    started = time.perf_counter()
    assert len(collect(tmp_path).runs) == 10_000
    assert time.perf_counter() - started < 10
