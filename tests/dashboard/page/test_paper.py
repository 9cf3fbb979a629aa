"""What the page says of the paper's tables, figure and audit, as data."""

import json
from pathlib import Path

import pytest

from lga.dashboard.page import render
from lga.dashboard.page.payload import payload
from lga.results.audited import read_audit
from lga.results.collect import collect
from lga.system.errors import UserError
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_run, made_record
from tests.results.paper_records import judge_made, leave_cells, made_audit, rows_of


@pytest.fixture
def data_of(tmp_path, monkeypatch):
    """The page's data of the runs in `tmp_path`, with the audit given."""

    def read(audit=None):
        collection = collect(tmp_path / "runs")
        return payload(collection, tmp_path, GENERATED, judge_made(collection, monkeypatch), audit)

    return read


@pytest.fixture
def voc(tmp_path):
    """Three seeds of table 2's VOC2012, near the published numbers."""
    leave_cells(tmp_path / "runs", [row for row in rows_of("table2") if row.dataset == "voc2012"])


def table_of(data, name):
    return next(table for table in data["paper"]["tables"] if table["name"] == name)


def test_every_published_row_is_there_once(voc, data_of):
    tables = data_of()["paper"]["tables"]
    assert [(table["name"], len(table["rows"])) for table in tables] == [
        ("table1", 10), ("table2", 30), ("table3", 8), ("table4", 6), ("table5", 27), ("figure1", 4),
    ]  # fmt: skip


def test_numbers_name_the_runs_they_are_the_mean_of(voc, data_of):
    data = data_of()
    (row,) = (row for row in table_of(data, "table2")["rows"] if row["runs"] and row["attention"] == "se")
    runs = [data["runs"][position] for position in row["runs"]]
    assert [(run["dataset"], run["attention"], run["seed"]) for run in runs] == [
        ("voc2012", "se", seed) for seed in (1, 2, 3)
    ]
    mean = sum(run["metrics"]["paper/map50"] for run in runs) / 3
    assert row["numbers"][0]["published"] == 42.6
    assert row["numbers"][0]["ours"]["mean"] == pytest.approx(mean)
    assert row["network"] == runs[0]["network"] == "mobilenetv3 + yolov8"
    assert row["gain"]["published"] == pytest.approx(42.6 - 43.7)


def test_what_did_not_run_has_no_number_and_no_run(voc, data_of):
    row = table_of(data_of(), "table3")["rows"][0]
    assert (row["runs"], row["scale"], row["built"]) == ([], None, None)
    assert [(n["word"], n["ours"]) for n in row["numbers"]] == [("not run", None)] * 2


def test_smoke_runs_are_never_held_against_the_paper(tmp_path, data_of):
    leave_cells(tmp_path / "runs", rows_of("table3"), scale="smoke", noise=0.01)
    rows = table_of(data_of(), "table3")["rows"]
    words = {number["word"] for row in rows for number in (*row["numbers"], row["gain"]) if number}
    assert "consistent" not in words
    assert {row["scale"] for row in rows} == {"smoke"}


def test_built_counts_are_of_the_runs_or_else_of_the_audit(voc, data_of):
    data = data_of(made_audit(rows_of("table2"), more_parameters=7))
    rows = {row["dataset"]: row for row in table_of(data, "table2")["rows"]}
    assert rows["voc2012"]["built"]["parameters"] == rows["voc2012"]["published"]["parameters"]
    assert rows["dota"]["built"]["parameters"] == rows["dota"]["published"]["parameters"] + 7
    assert rows["dota"]["counts"] == "explained: <b>another"
    curve = next(row for row in table_of(data, "figure1")["rows"] if row["dataset"] == "coco2017")
    assert curve["built"]["parameters"] == 1_451_990 + 7  # of table 2's set with as many classes


def test_published_curves_are_whole(voc, data_of):
    curves = {curve["dataset"]: curve for curve in data_of()["paper"]["curves"]}
    assert curves["coco2017"]["epochs"] == list(range(1, 21))
    assert curves["coco2017"]["metrics"]["map50"]["none"][0] == 2.921
    assert len(curves["voc2007"]["metrics"]["map50_95"]["lga"]) == 200


def test_attentions_that_were_only_published_can_be_filtered(voc, data_of):
    assert {"shuffle", "eca", "lga_local"} <= set(data_of()["attentions"])


def test_other_settings_are_reported_and_lead_to_their_run(tmp_path, data_of):
    row = rows_of("table1")[0]
    leave_run(tmp_path / "runs", made_record(row.dataset, row.model, row.attention, epochs=7, scale="full"))
    (other,) = table_of(data_of(), "table1")["others"]
    assert (other["run"], other["difference"]) == (
        0,
        "7 epochs; not the published content: train-images-idx3-ubyte, train-labels-idx1-ubyte, "
        "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte",
    )


def test_without_tables_the_page_is_one_of_runs(voc, tmp_path):
    data = payload(collect(tmp_path / "runs"), tmp_path, GENERATED)
    assert (data["paper"], data["audit"]) == (None, None)
    assert 'id="tables"' not in render(data)


def test_the_audit_is_read_as_it_is_written(tmp_path):
    assert read_audit(tmp_path / "audit.json") is None
    audit = made_audit(rows_of("table2"))
    (tmp_path / "audit.json").write_text(json.dumps({**audit.model_dump(mode="json"), "more": 1}))
    assert read_audit(tmp_path / "audit.json") == audit


@pytest.mark.parametrize("text", ["{", "{}", '{"summary": {}, "conventions": {}, "rows": []}'])
def test_a_damaged_audit_is_one_line(tmp_path, text):
    path = Path(tmp_path / "audit.json")
    path.write_text(text)
    with pytest.raises(UserError, match="run make audit again") as raised:
        read_audit(path)
    assert len(str(raised.value).splitlines()) == 1
