"""Uploading offline runs once each, with a stand-in for `wandb sync`, and in one test with the real one."""

import os
import sys
import time
from pathlib import Path

import pytest
import wandb
from filelock import FileLock

from lga.run.folder.directory import RunDirectory
from lga.system.errors import UserError
from scripts.wandb_views import upload as wandb_upload
from scripts.wandb_views.upload import offline_runs, upload_offline_runs
from tests.run.cells import cell
from tests.run.wandb_server import run_server

# Uploads by a line in $UPLOADS; the run's content says how it goes. Status 0 always, as the real one.
STAND_IN = """
import os, pathlib, subprocess, sys, time
file = pathlib.Path(sys.argv[-1])
assert sys.stdin.read() == "" and file.is_absolute() and "WANDB_MODE" not in os.environ
with open(os.environ["UPLOADS"], "ab") as log:
    log.write(os.fsencode(file) + b"\\0")
how = file.read_text()
if how == "hangs":
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    time.sleep(600)
elif how == "refused":
    print("wandb: one line\\nwandb: permission \\x1b[31mdenied")
elif how == "dies":
    os._exit(139)
else:
    file.with_name(file.name + ".synced").touch()
"""


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    """What was handed to the stand-in so far."""
    script, log = tmp_path / "stand_in.py", tmp_path / "uploads"
    script.write_text(STAND_IN)
    log.touch()
    monkeypatch.setattr(wandb_upload, "COMMAND", (sys.executable, str(script)))
    monkeypatch.setattr(wandb_upload, "reachable", lambda: True)
    monkeypatch.setenv("UPLOADS", str(log))
    monkeypatch.setenv("WANDB_MODE", "offline")
    return lambda: [Path(os.fsdecode(name)) for name in log.read_bytes().split(b"\0")[:-1]]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "outputs").mkdir()
    return tmp_path / "outputs"


def make_run(folder: Path, name: str = "a", how: str = "") -> Path:
    file = folder / "wandb" / "wandb" / f"offline-run-{name}" / f"run-{name}.wandb"
    file.parent.mkdir(parents=True)
    file.write_text(how)
    return file


def upload(root, seconds=30.0):
    said = []
    return str(upload_offline_runs(root, seconds, said.append)), said


def test_runs_are_uploaded_once_each(root, uploads):
    files = [make_run(root / "runs" / name, name) for name in ("x", "y", "z")]
    assert upload(root)[0] == "3 uploaded, 0 uploaded before, 0 still running, 0 failed"
    assert uploads() == files
    assert upload(root)[0] == "0 uploaded, 3 uploaded before, 0 still running, 0 failed"
    assert uploads() == files


def test_what_wandb_sync_has_marked_before_is_left_alone(root, uploads):
    file = make_run(root)
    file.with_name(f"{file.name}.synced").touch()
    assert upload(root)[0] == "0 uploaded, 1 uploaded before, 0 still running, 0 failed"
    assert uploads() == []


def test_a_failure_is_reported_stops_nothing_and_is_tried_again(root, uploads):
    refused, dying = make_run(root / "1", how="refused"), make_run(root / "2", how="dies")
    make_run(root / "3")
    count, said = upload(root)
    assert count == "1 uploaded, 0 uploaded before, 0 still running, 2 failed"
    assert said[0] == rf"failed: {refused}: wandb: permission \x1b[31mdenied"
    assert said[1] == f"failed: {dying}: wandb sync ended with status 139 and without a word"
    refused.write_text("")
    assert upload(root)[0] == "1 uploaded, 1 uploaded before, 0 still running, 1 failed"
    assert [file.parents[3].name for file in uploads()] == ["1", "2", "3", "1", "2"]


def test_an_upload_that_hangs_is_ended(root, uploads):
    hanging = make_run(root / "1", how="hangs")
    make_run(root / "2")
    started = time.monotonic()
    count, said = upload(root, seconds=5.0)
    assert time.monotonic() - started < 300
    assert count == "1 uploaded, 0 uploaded before, 0 still running, 1 failed"
    assert said[0].startswith(f"failed: {hanging}: not done within 5 s")


def test_a_server_that_went_away_fails_at_once(root, uploads, monkeypatch):
    file = make_run(root)
    monkeypatch.setattr(wandb_upload, "reachable", lambda: False)
    count, said = upload(root)
    assert count == "0 uploaded, 0 uploaded before, 0 still running, 1 failed"
    assert said == [f"failed: {file}: the server cannot be reached"]
    assert uploads() == []


@pytest.mark.parametrize(
    "name",
    [
        "--help",
        "a b",
        "$(touch hacked); 'q'\"",
        "[x]*?",
        "line\nbreak",
        "\x1b[31mred",
        "é",
        os.fsdecode(b"\xff"),
    ],
)
def test_hostile_names_are_names(root, uploads, name):
    file = make_run(root / name, name)
    count, said = upload(root)
    assert count == "1 uploaded, 0 uploaded before, 0 still running, 0 failed"
    assert uploads() == [file]
    assert said[0].isprintable()
    assert not (root / "hacked").exists()


def test_only_offline_runs_are_found_and_links_are_not_followed(root, tmp_path):
    file = make_run(root)
    make_run(tmp_path / "elsewhere", "b")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "latest-run").symlink_to(file.parent)
    (root / "run-online").mkdir()
    (root / "run-online" / "run-c.wandb").touch()
    assert offline_runs(root) == [file]


def test_a_run_that_still_trains_is_left_for_later(root, uploads):
    folder = RunDirectory(cell(root, "logger=wandb"))
    with folder.claim():
        file = make_run(folder.path)
        assert upload(root)[0] == "0 uploaded, 0 uploaded before, 1 still running, 0 failed"
    assert uploads() == []
    assert upload(root)[0] == "1 uploaded, 0 uploaded before, 0 still running, 0 failed"
    assert uploads() == [file]


def test_two_uploads_do_not_work_in_one_folder(root, uploads):
    make_run(root)
    with (
        FileLock(root / wandb_upload.LOCK),
        pytest.raises(UserError, match="another upload is at work here"),
    ):
        upload(root)
    assert uploads() == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="nothing: no such folder"):
        upload(tmp_path / "nothing")


def test_wandb_itself_uploads_and_marks_a_run_and_refuses_a_damaged_one(root, monkeypatch, tmp_path):
    """Against a server of this process: what the marker and the exit status mean in the locked wandb."""
    log_offline(root / "good", "abc")
    damaged = make_run(root / "damaged", how="not a log")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("HOME", str(tmp_path))
    with run_server() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        count, said = upload(root, seconds=60)
        assert count == "1 uploaded, 0 uploaded before, 0 still running, 1 failed"
        assert said[0].startswith(f"failed: {damaged}: wandb: ERROR Failed to read")
        assert server.runs == [("abc", "table2")]
        assert [row["val/paper/map50"] for row in server.history] == [1.5]
        assert upload(root, seconds=60)[0] == "0 uploaded, 1 uploaded before, 0 still running, 1 failed"
        assert server.runs == [("abc", "table2")]


def log_offline(folder: Path, name: str) -> None:
    folder.mkdir()
    settings = wandb.Settings(silent=True, console="off", x_disable_stats=True, disable_git=True)
    with wandb.init(
        project="p",
        group="table2",
        id=name,
        mode="offline",
        dir=folder,
        settings=settings,
        reinit="create_new",
    ) as run:
        run.log({"val/paper/map50": 1.5})
