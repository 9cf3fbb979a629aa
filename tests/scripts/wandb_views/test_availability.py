"""What is said where the library is missing; nothing of it is imported for that."""

import importlib
import sys

import pytest

import scripts.wandb_views as availability
from lga.system.errors import UserError


def test_a_missing_library_is_one_line_with_what_to_install(monkeypatch):
    monkeypatch.setattr(availability, "find_spec", lambda _: None)
    with pytest.raises(
        UserError, match=r"^the library wandb-workspaces [^\n]*pip install 'wandb-workspaces>=0.4[^\n]*$"
    ):
        availability.require_library()


def test_the_script_says_it_where_the_library_cannot_be_imported(monkeypatch, capsys):
    of_library = ("scripts.wandb_views", "wandb_workspaces")
    for name in [name for name in sys.modules if name.startswith(of_library)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)
    monkeypatch.delitem(sys.modules, "scripts.wandb_dashboard", raising=False)
    monkeypatch.setattr(sys, "argv", ["wandb_dashboard.py"])
    assert importlib.import_module("scripts.wandb_dashboard").main() == 2
    assert "the library wandb-workspaces is not installed" in capsys.readouterr().err


def test_an_installed_library_is_looked_for_and_not_imported(monkeypatch):
    asked = []
    monkeypatch.setattr(availability, "find_spec", lambda name: asked.append(name) or object())
    availability.require_library()
    assert asked == ["wandb_workspaces"]
