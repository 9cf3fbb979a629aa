"""A mistake in what a script is given is one line that begins with "error:", and exit status 2."""

import runpy

import pytest

from tests.run.cells import ROOT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("audit.py", "LGA_CONFIG_DIR: {folder}/none: no such folder"),
        ("audit.py all", "all: names no published_rows; leave it out to audit this paper's rows"),
        ("audit.py table9", "table9: no such experiment; valid: all,"),
        ("make_dashboard.py --runs {folder}/none", "{folder}/none: "),
        ("make_dashboard.py --runs {folder} --kept {folder} --out {file}/a.html", "cannot write under "),
        ("show_table.py --runs {folder}/none", "{folder}/none: "),
        ("tables.py table9", "table9: no such experiment; valid: all,"),
        ("plan.py table9", "table9: no such experiment; valid: all,"),
    ],
)
def test_it_is_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    (file := tmp_path / "file").touch()
    if arguments == "audit.py":
        monkeypatch.setenv("LGA_CONFIG_DIR", str(tmp_path / "none"))
    script, *given = arguments.format(folder=tmp_path, file=file).split()
    monkeypatch.setattr("sys.argv", [script, *given])
    main = runpy.run_path(str(ROOT / "scripts" / script))["main"]
    assert main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: " + message.format(folder=tmp_path, file=file))
