"""W&B beside a run: offline without a key, and never in the way."""

import errno
import os
import time

import pytest
import wandb

from lga.run.callbacks import wandb_logger
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from tests.run.cells import cell


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path):
    for name in ("WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no_netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))


def said(caplog_text: str) -> int:
    return caplog_text.count("W&B:")


def test_without_a_key_a_run_is_logged_offline_under_its_hash(tmp_path, capsys):
    folder = RunDirectory(cell(tmp_path, "logger=wandb", "logger.group=table1"))
    execute(folder.run)
    run_id = folder.run.config_hash[:32]
    assert (folder.path / "wandb_id").read_text().strip() == run_id
    files = list(folder.wandb.glob(f"wandb/offline-run-*-{run_id}/run-{run_id}.wandb"))
    assert len(files) == 1
    assert b"table1" in files[0].read_bytes()
    assert b"val/top1" in files[0].read_bytes()
    assert b"gflops_paper" in files[0].read_bytes()
    assert said(capsys.readouterr().out) == 0


def test_an_unreachable_server_is_said_once_and_costs_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    folder = RunDirectory(cell(tmp_path, "logger=wandb"))
    execute(folder.run)
    assert read_record(folder.result).status == "finished"
    output = capsys.readouterr().out
    assert said(output) == 1
    assert "cannot be reached; the run is logged offline" in output
    assert list(folder.wandb.glob("wandb/offline-run-*"))


def test_a_full_disk_for_its_files_is_said_once(tmp_path, capsys, monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(wandb, "init", full)
    folder = RunDirectory(cell(tmp_path, "logger=wandb"))
    execute(folder.run)
    assert read_record(folder.result).status == "finished"
    assert said(capsys.readouterr().out) == 1


def test_a_stuck_server_is_left_behind(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(wandb, "init", lambda **_: time.sleep(600))
    monkeypatch.setattr(wandb_logger, "FINISH_SECONDS", 0.2)
    folder = RunDirectory(cell(tmp_path, "logger=wandb"))
    started = time.monotonic()
    execute(folder.run)
    assert time.monotonic() - started < 300
    assert "was left behind" in capsys.readouterr().out
    assert read_record(folder.result).status == "finished"


def test_csv_alone_starts_no_wandb(tmp_path, monkeypatch):
    monkeypatch.setattr(wandb, "init", lambda **_: pytest.fail("started"))
    folder = RunDirectory(cell(tmp_path, "logger=csv"))
    execute(folder.run)
    assert not (folder.path / "wandb_id").exists()
    assert folder.metrics.is_file()


def test_its_service_has_a_place_for_its_log_where_there_is_no_home(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_CACHE_DIR", "")
    monkeypatch.delenv("WANDB_CACHE_DIR")
    wandb_logger._keep_service_quiet(str(tmp_path))
    assert "WANDB_CACHE_DIR" not in os.environ
    monkeypatch.setenv("HOME", "/nowhere")
    wandb_logger._keep_service_quiet(str(tmp_path))
    assert os.environ["WANDB_CACHE_DIR"] == str(tmp_path / "cache")
