"""Text of foreign origin, through every renderer, log and message: it stays text. Secrets stay secret."""

import csv
import io
import json
import logging
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests
from rich.console import Console

from lga.dashboard.page import render
from lga.dashboard.page.payload import payload
from lga.data.download import PartialFile, RemoteFile, download
from lga.launch.sweep import SweepProgress
from lga.results.collect import collect
from lga.results.reports import markdown
from lga.results.reports.csv_text import harmless
from lga.results.reports.terminal import show
from lga.run.callbacks.wandb_logger import _settings
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record, write_record
from lga.run.machine.console import logging_to
from lga.system import secrets
from lga.system.errors import UserError
from lga.system.files import write_text
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_run, made_record
from tests.run.cells import cell

NASTY = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "]]>",
    "' onload='alert(1)",
    '" onload="alert(1)',
    "&lt;script&gt;",
    "a\u2028b\u2029c",
    "javascript:alert(1)",
    r"\input{/etc/passwd}",
    r"\write18{touch made}",
    "100 % $x$ #1 a_b {c} ~d ^e \\ & <f>",
    "[0pt] begins with a bracket",
    "*[x]",
    "a | b ` c ``` d",
    "[text](http://example.org/x)",
    "![text](http://example.org/x.png)",
    "http://example.org/x",
    "www.example.org",
    "# heading",
    "- item",
    "1. item",
    "**bold** __bold__ ~~struck~~",
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\uff1d1+1",
    '=HYPERLINK("http://example.org","x")',
    "\x1b[2J\x1b]0;title\x07\x1b[31m",
    "\x9b31m",
    "line\nINFO a forged line",
    "line\r\n2026-01-01 00:00:00,000 INFO forged",
    "back\bspace\x00null\x7f",
    "\u202eright to left",
    "undecodable \udcff byte",
    "$(touch made) `touch made` ; touch made",
    "",
    "a" * 5000,
]
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e\ud800-\udfff]")


@pytest.mark.parametrize("text", NASTY)
def test_markdown_takes_it_literally(text):
    out = markdown.escaped(text)
    assert "\n" not in out
    assert not CONTROL.search(out)
    assert not re.search(r"(?<!\\)[`*\[\]|$~]", out)
    assert "<" not in out
    assert ">" not in out
    assert "://" not in out
    assert not re.match(r"(#|-|\+|\d+[.)])\s", out)


@pytest.mark.parametrize("text", NASTY)
def test_a_spreadsheet_takes_it_literally(text):
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerow([harmless(text), "next"])
    (row,) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert row[1] == "next"
    assert not row[0].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
    assert "\x1b" not in row[0]


@pytest.mark.parametrize("number", ["-0.5", "+1", "1e-07", "-3", "nan", "0"])
def test_a_spreadsheet_takes_numbers_for_numbers(number):
    assert harmless(number) == number


class Elements(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(page):
    parser = Elements()
    parser.feed(page)
    return parser.found


def nasty_page(tmp_path, text):
    """The page of a run that is called so, has failed so, and was started so."""
    record = made_record(
        attention=text, status="failed", error=text, overrides=[f"attention={text}"], monitor=f"val/{text}"
    )
    folder = tmp_path / "runs" / "a"
    folder.mkdir(parents=True)
    write_record(folder / "result.json", record)
    (tmp_path / "runs" / "b").mkdir()
    (tmp_path / "runs" / "b" / "result.json").write_text(f"{{ {text!r}")
    data = payload(collect(tmp_path / "runs"), tmp_path, GENERATED)
    return data, render(data)


def test_a_page_has_the_same_elements_whatever_runs_are_called(tmp_path):
    _, harmless_page = nasty_page(tmp_path / "harmless", "lga")
    expected = elements(harmless_page)
    for number, text in enumerate(NASTY):
        data, page = nasty_page(tmp_path / str(number), text)
        assert elements(page) == expected, text
        assert not CONTROL.search(data["runs"][0]["command"])
        write_text(tmp_path / "page.html", page)
        inlined = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
        assert json.loads(inlined[1])["runs"][0]["attention"] == data["runs"][0]["attention"]


@pytest.mark.parametrize(
    "override",
    ["hydra.callbacks.x._target_=os.mkdir", "+hydra.run.dir=x", "--experimental-rerun=x", "-cp=/evil",
     "a=\x1b[201~\n", "$(touch made)"],
)  # fmt: skip
def test_a_foreign_records_command_is_shown_only_if_it_sets_a_cell(tmp_path, override):
    leave_run(tmp_path / "runs", made_record(overrides=["dataset=digits", override]))
    (run,) = payload(collect(tmp_path / "runs"), tmp_path, GENERATED)["runs"]
    assert run["command"].startswith("not shown")


def test_an_ordinary_command_is_shown_quoted(tmp_path):
    leave_run(
        tmp_path / "runs", made_record(overrides=["dataset=digits", "+a.b=x; touch made", "~c", "seed=1"])
    )
    (run,) = payload(collect(tmp_path / "runs"), tmp_path, GENERATED)["runs"]
    assert run["command"] == "python run.py dataset=digits '+a.b=x; touch made' '~c' seed=1"


@pytest.mark.parametrize("text", NASTY)
def test_a_terminal_is_not_steered(tmp_path, text):
    shown = io.StringIO()
    name = "a" if "/" in text or "\0" in text or not text or len(text) > 200 else text
    for status, folder in (("failed", name), ("finished", "b")):
        (tmp_path / folder).mkdir(exist_ok=True)
        record = made_record(attention=text, status=status, error=text)
        write_record(tmp_path / folder / "result.json", record)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "result.json").write_text("{")
    show(collect(tmp_path), Console(file=shown, width=200))
    with SweepProgress(1, Console(file=shown, width=200, soft_wrap=True)) as progress:
        progress.ended(text, text, None, 1.0, Path(text.replace("\0", "")))
    assert not CONTROL.search(shown.getvalue())


@pytest.mark.parametrize("text", NASTY)
def test_a_log_line_cannot_be_forged(tmp_path, capsys, monkeypatch, text):
    monkeypatch.setattr(logging.getLogger("lga"), "propagate", False)  # pytest's own report keeps it raw
    path = tmp_path / "run.log"
    with logging_to(path):
        logging.getLogger("lga").info("named %s", text)
    for line in (*path.read_bytes().decode().splitlines()[1:], *capsys.readouterr().out.splitlines()[1:]):
        assert line.startswith("    ")
    assert not CONTROL.search(path.read_bytes().decode())


@pytest.mark.parametrize("text", NASTY)
def test_a_users_error_is_one_line(text):
    wording = str(UserError(f"{text}: wrong"))
    assert "\n" not in wording
    assert not CONTROL.search(wording)
    wording.encode()


def test_a_failed_runs_record_and_log_hold_an_error_as_text(tmp_path, monkeypatch):
    nasty = "\x1b[31mred\nINFO forged </script>"

    def fails(*_):
        raise RuntimeError(nasty)

    monkeypatch.setattr("lga.run.fit.fit_and_judge", fails)
    folder = RunDirectory(cell(tmp_path))
    with pytest.raises(RuntimeError):
        execute(folder.run)
    assert read_record(folder.result).error == r"RuntimeError: \x1b[31mred"
    lines = folder.log.read_text().splitlines()
    assert [line for line in lines if line.startswith("INFO")] == []
    assert "\x1b" not in folder.log.read_text()


SECRET = "s3cr3t-0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_variables_of_other_tests(monkeypatch):
    monkeypatch.setattr(secrets, "_taken", set())


@pytest.mark.parametrize(
    "name",
    [
        *("WANDB_API_KEY", "HF_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "MY_CREDENTIALS"),
        *("DATABASE_URL", "GITHUB_PAT", "PGPASS"),  # by no pattern, but a value comes from them
    ],
)
def test_a_secret_of_the_environment_is_written_nowhere(tmp_path, monkeypatch, capsys, name):
    """A config of someone else's names it; the run fails with it in the error."""
    monkeypatch.setenv(name, SECRET)

    def fails(*_):
        logging.getLogger("lga").info("says %s", SECRET)
        raise RuntimeError(f"401 for key {SECRET}")

    monkeypatch.setattr("lga.run.fit.fit_and_judge", fails)
    folder = RunDirectory(cell(tmp_path, f"logger.tags=[${{oc.env:{name}}}]", f"logger.project='{SECRET}'"))
    with pytest.raises(RuntimeError):
        execute(folder.run)
    assert read_record(folder.result).config["logger"]["project"] == "***"
    written = [path for path in folder.path.rglob("*") if path.is_file()]
    assert {"result.json", "config.yaml", "run.log"} <= {path.name for path in written}
    for path in written:
        assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in capsys.readouterr().out


@pytest.mark.parametrize("value", [SECRET, "pw1"])
def test_what_came_by_the_environment_is_hidden_from_every_writer(tmp_path, monkeypatch, value):
    """In this process and in the one that gets the frozen run; a path or W&B's project is an address."""
    monkeypatch.setenv("PGPASS", value)
    tags = "logger.tags=[a,'${oc.env:PGPASS}','${oc.env:PGPASS}']"
    run = cell(tmp_path, tags, "logger.group=${oc.env:PGPASS}", "logger=wandb")
    assert run.variables == ("PGPASS",)
    assert run.config["logger"]["tags"] == ["a", value, value]
    folder = RunDirectory(run)
    settings = _settings(run, folder, "offline", resumed=False)
    assert value not in json.dumps(settings)
    assert settings["tags"][-3:] == ["a", "***", "***"]
    secrets._taken.clear()  # as in another process
    monkeypatch.setattr("lga.run.execute._train", lambda _: 1.0)
    execute(run)
    assert secrets.hide_secrets({"tag": value}) == {"tag": "***"}
    own = cell(tmp_path, "paths.data_dir=${oc.env:PGPASS}", "logger.project=${oc.env:PGPASS}")
    assert own.variables == ()


def test_the_record_of_a_finished_run_holds_nothing_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", SECRET)
    monkeypatch.setenv("PRIVATE_THING", "not to be wording")
    folder = RunDirectory(cell(tmp_path))
    execute(folder.run)
    for path in folder.path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert SECRET.encode() not in content
            assert b"not to be wording" not in content


@pytest.mark.parametrize(
    "url",
    ["https://user:pass-word@example.org/x", "https://ghp_0123456789@example.org/x", "ftp://u:p@h:21/x"],
)
def test_the_credentials_of_an_address_are_not_reported(tmp_path, monkeypatch, url):
    def fails(*_, **__):
        raise requests.ConnectionError(url)

    monkeypatch.setattr(requests, "get", fails)
    with pytest.raises(UserError) as error:
        download(RemoteFile("x", (url,)), tmp_path)
    assert "://***@" in str(error.value)
    assert url.split("//")[1].split("@")[0] not in str(error.value)
    part = PartialFile(tmp_path / "x", checked=False)
    part.remember(url, '"etag"')
    part.path.write_bytes(b"1")
    assert url.split("//")[1].split("@")[0] not in (tmp_path / "x.part.json").read_text()
    assert "If-Range" in part.request_headers(url)


def test_the_address_of_a_wandb_server_is_reported_without_its_password(monkeypatch, tmp_path):
    from scripts.wandb_views import require_account

    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("WANDB_BASE_URL", "http://me:hunter22@127.0.0.1:9")
    with pytest.raises(UserError, match=r"no API key for http://\*\*\*@127"):
        require_account()


def test_a_short_or_unnamed_value_hides_nothing(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "lga")
    monkeypatch.setenv("MONKEY", "digits-and-more")
    assert str(UserError("lga on digits-and-more")) == "lga on digits-and-more"
