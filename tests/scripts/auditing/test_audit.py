"""The audit of the published rows: all are equal or explained, and one that is neither is reported.

The four rows that deviate, and why, are the published table's own (paper/findings.md, points 9 and 10).
"""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest

from lga.results.audited import KEPT_AUDIT, Finding
from lga.results.published import load_published
from lga.system import progress
from scripts.auditing import findings
from scripts.auditing.report import as_json, markdown, summary, write_report
from scripts.auditing.rows import audit

SCRIPT = Path(__file__).parents[3] / "scripts" / "audit.py"
DEVIATING = {
    ("visdrone", "mobilenetv3", "mhsa"): ("trainable count", 1_192_828, 1_192_844),
    ("tinyperson", "mobilenetv3", "lga_local"): ("trainable count", 1_201_305, 1_201_321),
    ("visdrone", "yolov8n", "lga"): ("64 heads", 3_403_460, 3_440_324),
    ("dota", "yolov8n", "lga"): ("global-only variant", 3_380_114, 3_441_299),
}
CELL = ("mnist", "mobilenetv3", "se")


@pytest.fixture(scope="module")
def published():
    return {row.cell: row for row in load_published()}


@pytest.fixture(scope="module")
def audited(published):
    return audit(published.values())


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("audit_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_published_row_is_equal_or_explained(audited):
    assert summary(audited) == "72 rows: 68 equal, 4 explained, 0 unexplained"


def test_the_kept_audit_is_of_these_networks(audited):
    kept = json.loads(KEPT_AUDIT.read_text())["rows"]
    assert kept == json.loads(json.dumps(as_json(audited, [])["rows"]))


def test_the_deviating_rows_are_explained_by_building_what_they_counted(audited):
    found = {
        row.published.cell: (row.explained.explanation.name, row.explained.parameters, row.counts.parameters)
        for row in audited
        if row.status == "explained"
    }
    assert found == DEVIATING


def test_an_explaining_network_is_another_one_or_counted_otherwise(audited):
    explained = {row.published.cell: row.explained for row in audited if row.explained}
    sixty_four = explained["visdrone", "yolov8n", "lga"]
    assert "backbone.lga_heads.detection=64" in sixty_four.network.overrides
    assert "attention=lga_global" in explained["dota", "yolov8n", "lga"].network.overrides
    trainable = explained["visdrone", "mobilenetv3", "mhsa"].counts
    assert trainable.parameters - trainable.trainable_parameters == 16


@pytest.mark.parametrize(
    "change", [{"parameters": 666_897}, {"parameters": 666_895}, {"gflops": 1.0}, {"gflops": 0.8}]
)
def test_a_row_that_deviates_in_the_last_digit_is_unexplained(published, change):
    (row,) = audit([replace(published[CELL], **change)])
    assert row.status == "unexplained"
    assert summary([row]) == "1 rows: 0 equal, 0 explained, 1 unexplained"
    assert "Unexplained" in markdown([row], [])


def test_building_shows_how_far_it_is(published, monkeypatch, capsys):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0)
    audit([published[CELL]] * 2)
    assert "building networks: 1 of 2 done" in capsys.readouterr().err


def test_an_explanation_must_give_the_printed_gflops_too(published):
    (row,) = audit([replace(published["dota", "yolov8n", "lga"], gflops=8.4)])
    assert row.status == "unexplained"


def test_page_has_published_and_built_numbers_of_every_row(audited):
    lines = [line for line in markdown(audited, []).splitlines() if line.startswith("| ")]
    assert len(lines) == 2 + 72
    assert (
        lines[2 + 71]
        == "| 72 | 4, 5 | tinyperson | yolov8n | lga | 3,438,764 | 3,438,764 | 8.5 | 8.531 | 8.173 | equal |"
    )


def test_files(audited, tmp_path):
    page, data = write_report(audited, [], tmp_path / "new" / "folder")
    assert page.read_text() == markdown(audited, [])
    content = json.loads(data.read_text())
    assert content["summary"] == {"rows": 72, "equal": 68, "explained": 4, "unexplained": 0}
    assert len(content["rows"]) == 72
    row = content["rows"][0]
    assert (row["published"]["parameters"], row["counts"]["parameters"], row["status"]) == (
        1_191_044,
        1_191_044,
        "equal",
    )
    assert row["explanation"] is None
    assert content["rows"][1]["explanation"]["parameters"] == 1_192_828
    assert sorted(path.name for path in tmp_path.glob("new/folder/*")) == ["audit.json", "audit.md"]


@pytest.mark.parametrize(("change", "status"), [({}, 0), ({"parameters": 1}, 1)])
def test_exit_status(script, published, change, status, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(script, "load_published", lambda: (replace(published[CELL], **change),))
    monkeypatch.setattr(findings, "measure_findings", lambda rows: ())
    monkeypatch.setattr("sys.argv", ["audit.py", "--out", str(tmp_path)])
    assert script.main() == status
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{tmp_path / 'audit.md'} and ")


def test_a_finding_that_is_not_borne_out_is_reported(script, published, monkeypatch, tmp_path, capsys):
    finding = Finding(1, "The title", "this", "that", "something", holds=False)
    monkeypatch.setattr(script, "load_published", lambda: (published[CELL],))
    monkeypatch.setattr(findings, "measure_findings", lambda rows: (finding,))
    monkeypatch.setattr("sys.argv", ["audit.py", "--out", str(tmp_path)])
    assert script.main() == 1
    printed = capsys.readouterr().out
    assert "## 1. The title" in printed
    assert "does not bear this out" in printed
    assert "1 findings, 0 borne out" in printed.splitlines()[-1]


def test_a_folder_that_cannot_be_written_is_one_line(script, published, monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(script, "load_published", lambda: (published[CELL],))
    monkeypatch.setattr(findings, "measure_findings", lambda rows: ())
    monkeypatch.setattr("sys.argv", ["audit.py", "--out", str(tmp_path / "file")])
    assert script.main() == 2
    assert "--out=" in capsys.readouterr().err
