"""What is said where the library is missing; nothing of it is imported for that."""

import pytest

from lga.dashboard.wandb import publish as availability
from lga.system.errors import UserError


def test_a_missing_library_is_one_line_with_what_to_install(monkeypatch):
    monkeypatch.setattr(availability, "find_spec", lambda _: None)
    with pytest.raises(
        UserError, match=r"^the library wandb-workspaces [^\n]*pip install 'wandb-workspaces>=0.4[^\n]*$"
    ):
        availability.require_library()


def test_an_installed_library_is_looked_for_and_not_imported(monkeypatch):
    asked = []
    monkeypatch.setattr(availability, "find_spec", lambda name: asked.append(name) or object())
    availability.require_library()
    assert asked == ["wandb_workspaces"]
