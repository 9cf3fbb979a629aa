"""Looks up known vulnerabilities of every locked package: python scripts/audit_dependencies.py

The lock is exported with `uv export` and handed to pip-audit, which asks the advisory database of PyPI, or
of OSV with `--service osv`. What is known and accepted stands in `scripts/audit_exceptions.csv`, each with
package, reason and date; one that is no longer found must be taken out, to keep the list short. Exit status:
0 nothing new, 1 something new or an exception too many, 2 where packages could not be looked up, such as
without a network: a database that knows a package by no name says nothing of it.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lga.system.errors import UserError
from lga.system.terminal_text import printable

ROOT = Path(__file__).resolve().parents[1]
EXCEPTIONS = Path(__file__).with_name("audit_exceptions.csv")
EXPORT = ("export", "--frozen", "--all-groups", "--no-emit-project", "--no-hashes", "--quiet")
AUDIT = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--timeout", "30")
SECONDS = 600
SHOWN = 5


class Finding(NamedTuple):
    """A known vulnerability of a locked package; `ids` are its names, CVE and others."""

    package: str
    version: str
    ids: frozenset[str]
    fixed_in: str

    def __str__(self) -> str:
        fix = f"fixed in {self.fixed_in}" if self.fixed_in else "not fixed yet"
        return f"{self.package} {self.version}: {', '.join(sorted(self.ids))}, {fix}"


class Known(NamedTuple):
    """A vulnerability that is accepted: by whom it can be met here, and since when."""

    id: str
    package: str
    reason: str
    date: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is new, and how many packages were looked up; return the exit status."""
    about, form = __doc__, argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=about, formatter_class=form)
    parser.add_argument("--uv", default="uv", help="the uv to export the lock with")
    parser.add_argument("--service", choices=("pypi", "osv"), default="pypi", help="whose database is asked")
    options = parser.parse_args(arguments)
    try:
        known = read_exceptions(EXCEPTIONS)
        findings, asked, unknown = read_report(look_up(exported(options.uv), options.service))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    new, unused = judged(findings, known)
    for line in (
        *(f"new: {finding}" for finding in new),
        *(
            f"no longer found, take it out of {EXCEPTIONS.name}: {each.id} of {each.package}"
            for each in unused
        ),
        f"{asked} packages looked up: {len(new)} new, {len(findings) - len(new)} accepted",
    ):
        print(printable(line))
    if unknown:
        names = f"{', '.join(unknown[:SHOWN])}{', ...' if len(unknown) > SHOWN else ''}"
        print(
            printable(f"error: the database knows nothing of {len(unknown)} packages: {names}"),
            file=sys.stderr,
        )
    return 1 if new or (unused and not unknown) else 2 if unknown else 0


def read_exceptions(path: Path) -> list[Known]:
    """Return the accepted ones; raise UserError where one has no reason or date."""
    with path.open(newline="", encoding="utf-8") as file:
        known = [Known(*(row.get(name) or "" for name in Known._fields)) for row in csv.DictReader(file)]
    for number, exception in enumerate(known, start=2):
        if not all(exception):
            raise UserError(f"{path}:{number}: give id, package, reason and date")
    return known


def exported(uv: str) -> str:
    """Return the lock as requirements."""
    return _output((uv, *EXPORT), "the lock could not be exported")


def look_up(requirements: str, service: str) -> str:
    """pip-audit's report, JSON; raises UserError where nothing could be looked up."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "requirements.txt")
        path.write_text(requirements)
        pip_audit = (sys.executable, "-m", "pip_audit")
        command = (*pip_audit, "--requirement", str(path), "--vulnerability-service", service, *AUDIT)
        return _output(command, "the advisory database could not be asked; try again with a network")


def read_report(report: str) -> tuple[list[Finding], int, list[str]]:
    """Return what was found, how many packages were looked up, and the names of those that were not."""
    findings, asked, unknown = [], 0, []
    for package in json.loads(report)["dependencies"]:
        if "skip_reason" in package:
            unknown.append(package["name"])
            continue
        asked += 1
        for found in package["vulns"]:
            ids, fixes = frozenset({found["id"], *found["aliases"]}), ", ".join(found["fix_versions"])
            findings.append(Finding(package["name"], package["version"], ids, fixes))
    return findings, asked, unknown


def judged(findings: Sequence[Finding], known: Sequence[Known]) -> tuple[list[Finding], list[Known]]:
    """Those that no exception covers, and exceptions that cover none."""
    new = [f for f in findings if not any(k.package == f.package and k.id in f.ids for k in known)]
    unused = [k for k in known if not any(k.package == f.package and k.id in f.ids for f in findings)]
    return new, unused


def _output(command: Sequence[str], failed: str) -> str:
    """Return what a command prints; pip-audit exits with 1 where it has findings, and prints JSON anyway."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{failed}: {type(error).__name__} of {command[0]}") from error
    if done.returncode and not done.stdout.startswith("{"):
        last = next(iter(reversed(done.stderr.strip().splitlines())), "it said nothing")
        raise UserError(f"{failed}: {last}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
