"""Saving and showing the dashboard, with the library's own objects and a server that is made up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.results.runs import experiment_called

pytest.importorskip("wandb_workspaces", reason="wandb-workspaces is not installed (a development dependency)")

import wandb
import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws
from wandb.errors import CommError

from lga.system.errors import UserError
from scripts.wandb_views.publish import Publisher, as_json, default_entity
from scripts.wandb_views.views import Place, build_dashboard

ROOT = Path(__file__).parents[3]


class Server:
    """Keeps what is saved by its address; `saves` has the address of each save."""

    def __init__(self):
        self.kept, self.saves = {}, []

    def save(self, item):
        address = self.address(item) or f"https://w/item{len(self.kept)}"
        self.kept[address] = item
        self.saves.append(address)
        return item

    def address(self, item):
        return next((address for address, kept in self.kept.items() if kept is item), None)

    def load(self, address):
        if address not in self.kept:
            raise ValueError("Workspace not found")
        return self.kept[address]


@pytest.fixture
def server(monkeypatch):
    server = Server()

    def save(item):  # a bound method would not be given the item
        return server.save(item)

    for kind in (ws.Workspace, wr.Report):
        monkeypatch.setattr(kind, "save", save)
        monkeypatch.setattr(kind, "from_url", server.load)
        monkeypatch.setattr(kind, "url", property(server.address))
    return server


def dashboard(scale="full", table="table1"):
    return build_dashboard([experiment_called(table)], Place("team", "project", scale))


def test_what_was_saved_is_changed_the_next_time(server, tmp_path):
    file = tmp_path / "new" / "addresses.json"
    first = Publisher(file).publish(dashboard())
    assert first == ["https://w/item0", "https://w/item1"]
    assert list(json.loads(file.read_text()).values()) == first
    server.kept["https://w/item0"].sections = []
    server.kept["https://w/item1"].blocks = []
    assert Publisher(file).publish(dashboard()) == first
    assert server.saves == [*first, *first]
    assert [section.name for section in server.kept["https://w/item0"].sections] == [
        "Judged by",
        "Curves",
        "Cost",
    ]
    assert len(server.kept["https://w/item1"].blocks) == len(dashboard().report.blocks)


def test_another_scale_has_views_of_its_own(server, tmp_path):
    file = tmp_path / "addresses.json"
    assert set(Publisher(file).publish(dashboard())).isdisjoint(Publisher(file).publish(dashboard("smoke")))


def test_an_address_is_kept_also_if_a_later_save_fails(server, tmp_path, monkeypatch):
    def refuse(_):
        raise CommError("permission denied\nand more")

    file = tmp_path / "addresses.json"
    monkeypatch.setattr(wr.Report, "save", refuse)
    with pytest.raises(UserError, match=r"^W&B: Local-Global.*: CommError: permission denied$"):
        Publisher(file).publish(dashboard())
    assert list(json.loads(file.read_text()).values()) == ["https://w/item0"]


def test_a_view_that_was_deleted_is_reported_with_what_to_do(server, tmp_path):
    file = tmp_path / "addresses.json"
    Publisher(file).publish(dashboard())
    del server.kept["https://w/item0"]
    with pytest.raises(
        UserError, match=r"item0 cannot be read \(Workspace not found\).*remove its line from"
    ):
        Publisher(file).publish(dashboard())


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', "\xff"])
def test_a_damaged_file_of_addresses_is_named(tmp_path, text):
    file = tmp_path / "addresses.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=r"addresses.json: .*remove it"):
        Publisher(file)


def test_an_account_without_entity_is_reported(monkeypatch):
    class Api:
        default_entity = None

    monkeypatch.setattr(wandb, "Api", Api)
    with pytest.raises(UserError, match="--entity"):
        default_entity()


def test_the_specification_is_json_that_the_library_reads_back():
    message = json.loads(as_json(dashboard(table="table2")))
    (view,) = message["views"]
    assert (view["entity"], view["project"]) == ("team", "project")
    read = ws.internal.WorkspaceViewspec.model_validate(view["spec"])
    assert len(read.section.panel_bank_config.sections) == 4
    blocks = wr.internal.Spec.model_validate(message["report"]["spec"]).blocks
    assert sum(type(block).__name__ == "PanelGrid" for block in blocks) == 6


def run_script(*arguments, env):
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_API_KEY"} | env
    command = [sys.executable, str(ROOT / "scripts" / "wandb_dashboard.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_a_dry_run_needs_no_account_and_no_server(tmp_path):
    env = {"NETRC": str(tmp_path / "none"), "HOME": str(tmp_path), "WANDB_BASE_URL": "http://127.0.0.1:9"}
    done = run_script("--dry-run", "--entity", "team", env=env)
    assert done.returncode == 0, done.stderr
    message = json.loads(done.stdout)
    assert len(message["views"]) == 6
    assert message["report"]["project"] == "local-global-attention"
    done = run_script(env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: W&B: no API key for http://127.0.0.1:9")
