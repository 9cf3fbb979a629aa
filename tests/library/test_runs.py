"""`lga runs` and what it stands on, on records that are made."""

import csv
import json
import sys
import types
from types import SimpleNamespace

import pytest

import lga
from lga.library.choices import as_overrides, frozen
from lga.library.runs import main
from lga.run.folder.record import write_record
from lga.system.errors import UserError
from tests.results.runs import made_run
from tests.run.cells import cell


@pytest.fixture
def folder(tmp_path):
    for attention, top1 in (("none", 80.0), ("lga", 90.0)):
        run = cell(tmp_path, f"attention={attention}")
        run.directory.mkdir(parents=True)
        write_record(
            run.directory / "result.json", made_run(run, top1, score=top1, metrics={"top1": top1}).record
        )
    return tmp_path / "runs"


def said(capsys, folder, *arguments):
    status = main(["--runs", str(folder), *arguments])
    found = capsys.readouterr()
    return status, found.out, found.err


def test_list_shows_those_that_are_asked_for(folder, capsys):
    status, output, _ = said(capsys, folder, "list", "attention=lga")
    assert status == 0
    assert [line.split()[:4] for line in output.splitlines()[1:]] == [["digits", "mobilenetv3", "lga", "0"]]
    assert "90.00" in output
    assert said(capsys, folder, "list", "block=lga")[2].startswith("error: block: no column; valid: dataset,")


def test_diff_says_settings_and_metrics(folder, capsys):
    one, other = (run.record.config_hash[:8] for run in sorted(lga.runs(folder), key=lambda run: run.score))
    message = said(capsys, folder, "diff", one, other)[1]
    assert "attention.name: none -> lga" in message
    assert "score: 80.00 -> 90.00" in message
    assert "recipe" not in message


def test_rm_asks_first(folder, capsys, monkeypatch):
    named = str(lga.runs(folder)[0].folder)
    assert (
        said(capsys, folder, "rm", named)[2]
        == "error: lga runs rm: there is no terminal to ask on; add --yes\n"
    )
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _: "")
    assert said(capsys, folder, "rm", named)[0] == 0
    assert len(lga.runs(folder)) == 2
    assert f"removed {named}" in said(capsys, folder, "rm", named, "--yes")[1]
    assert len(lga.runs(folder)) == 1
    assert said(capsys, folder, "rm", "0000")[2].startswith("error: 0000: no such run")
    assert said(capsys, folder, "rm", "")[0] == 1
    assert len(lga.runs(folder)) == 1


def test_export(folder, tmp_path, capsys):
    said(capsys, folder, "export", str(tmp_path / "runs.csv"))
    said(capsys, folder, "export", str(tmp_path / "runs.json"))
    with (tmp_path / "runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["attention"]: float(row["top1"]) for row in rows} == {"none": 80.0, "lga": 90.0}
    assert len(json.loads((tmp_path / "runs.json").read_text())) == 2
    assert said(capsys, folder, "export", "runs.xlsx")[2] == "error: runs.xlsx: name a .csv or a .json file\n"


def test_pandas_is_used_where_it_is_installed(folder, monkeypatch):
    module = types.ModuleType("pandas")
    module.DataFrame = lambda rows: ("frame", len(rows))
    module.__spec__ = types.SimpleNamespace()
    monkeypatch.setitem(sys.modules, "pandas", module)
    assert lga.runs(folder).frame() == ("frame", 2)
    assert lga.published("table1") == ("frame", 10)


def test_no_such_table():
    with pytest.raises(UserError, match=r"table7: no published table; valid: all, table1, .*, figure1"):
        lga.published("table7")


def test_choices_are_overrides():
    choices = {"seed": 1, "source": None, "data.subset": True, "logger.tags": ["a", "b c"]}
    written = as_overrides({**choices, "paths.data_dir": "/my data"})
    assert written[:3] == ["seed=1", "source=null", "data.subset=true"]
    assert written[3:] == ["logger.tags=[a,'b c']", "paths.data_dir='/my data'"]
    assert frozen(written).config["logger"]["tags"] == ["a", "b c"]
    assert frozen(written).config["paths"]["data_dir"] == "/my data"


def test_a_class_that_cannot_be_imported_again_is_refused():
    class Local:
        pass

    with pytest.raises(UserError, match=r"Local: it cannot be imported as .*; put the class"):
        lga.train(attention=Local)
    with pytest.raises(UserError, match="give a list of overrides"):
        lga.train("dataset=digits")
    with pytest.raises(UserError, match=r"mode=predict: lga\.train trains"):
        lga.train(mode="predict")


def test_a_run_without_a_score_has_a_dash(tmp_path, capsys):
    run = cell(tmp_path)
    run.directory.mkdir(parents=True)
    failed = made_run(run, 0.0, status="failed", error="no memory", score=None, metrics={}).record
    write_record(run.directory / "result.json", failed)
    row = said(capsys, tmp_path / "runs", "list")[1].splitlines()[1].split()
    assert row[5:] == ["failed", "-", run.config_hash[:8]]
