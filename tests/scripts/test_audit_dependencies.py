"""The audit of locked packages, on made-up reports; the network is never asked."""

import json

import pytest

from lga.system.errors import UserError
from scripts import audit_dependencies
from scripts.audit_dependencies import EXCEPTIONS, Known, judged, main, read_exceptions, read_report

REPORT = json.dumps({
    "dependencies": [
        {"name": "good", "version": "1", "vulns": []},
        {"name": "bad", "version": "2", "vulns": [
            {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3"], "description": "x"}]},
    ],
    "fixes": [],
})  # fmt: skip


@pytest.fixture
def report(monkeypatch, tmp_path):
    """A function that lists exceptions, and runs the command on the report."""

    def run(*lines, report=REPORT):
        path = tmp_path / "exceptions.csv"
        path.write_text("\n".join(("id,package,reason,date", *lines)) + "\n")
        monkeypatch.setattr(audit_dependencies, "EXCEPTIONS", path)
        monkeypatch.setattr(audit_dependencies, "exported", lambda uv: "")
        monkeypatch.setattr(audit_dependencies, "look_up", lambda requirements, service: report)
        return main([])

    return run


def test_a_new_finding_fails(report, capsys):
    assert report() == 1
    output = capsys.readouterr().out
    assert "new: bad 2: CVE-1, PYSEC-1, fixed in 3" in output
    assert "2 packages looked up: 1 new, 0 accepted" in output


@pytest.mark.parametrize("name", ["CVE-1", "PYSEC-1"])
def test_an_accepted_finding_passes_by_any_of_its_names(report, capsys, name):
    assert report(f"{name},bad,we never call it,2026-11-22") == 0
    assert "2 packages looked up: 0 new, 1 accepted" in capsys.readouterr().out


def test_an_exception_for_nothing_fails(report, capsys):
    assert report("CVE-1,bad,r,2026-11-22", "CVE-1,good,r,2026-11-22") == 1
    assert "no longer found, take it out of exceptions.csv: CVE-1 of good" in capsys.readouterr().out


def test_packages_that_were_not_looked_up_are_not_taken_for_safe(report, capsys):
    """As behind a mirror without advisories: pip-audit itself then has found nothing, and ends with 0."""
    odd = [{"name": f"odd{index}", "skip_reason": "Dependency not found on PyPI"} for index in range(9)]
    assert report("CVE-1,odd1,r,2026-11-22", report=json.dumps({"dependencies": odd})) == 2
    output = capsys.readouterr()
    assert "error: the database knows nothing of 9 packages: odd0, odd1, odd2, odd3, odd4, ..." in output.err
    assert "0 packages looked up" in output.out


def test_an_exception_needs_a_reason_and_a_date(report, capsys):
    assert report("CVE-1,bad,,2026-11-22") == 2
    assert "exceptions.csv:2: give id, package, reason and date" in capsys.readouterr().err


def test_without_a_network_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(audit_dependencies, "exported", lambda uv: "idna==3.10\n")
    monkeypatch.setattr(audit_dependencies.sys, "executable", "/bin/false")
    assert main([]) == 2
    output = capsys.readouterr().err
    assert "the advisory database could not be asked; try again with a network" in output
    assert output.count("\n") == 1


def test_without_uv_it_says_so(capsys):
    assert main(["--uv", "/no/such/uv"]) == 2
    assert "the lock could not be exported: FileNotFoundError of /no/such/uv" in capsys.readouterr().err


def test_the_projects_own_exceptions_are_complete():
    assert all(isinstance(known, Known) for known in read_exceptions(EXCEPTIONS))


def test_nothing_known_and_nothing_found():
    assert judged([], []) == ([], [])
    assert read_report('{"dependencies": []}') == ([], 0, [])
    with pytest.raises(UserError):
        audit_dependencies._output(("/no/such/command",), "failed")
