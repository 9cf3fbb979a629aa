"""Saves a dashboard on W&B, or shows as JSON what would be saved.

The addresses of what was saved are kept in a file, so that the next time the same views change.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import wandb
import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws

from lga.system.errors import UserError
from lga.system.files import writable, write_text
from lga.system.terminal_text import first_line
from scripts.wandb_views.views import Dashboard

VIEW_FIELDS = ("name", "sections", "settings", "runset_settings")
REPORT_FIELDS = ("title", "description", "blocks", "width")


def as_json(dashboard: Dashboard) -> str:
    """Return what the library would send: the views and the report in W&B's own form."""
    views = [
        {"name": view.name, "entity": view.entity, "project": view.project, "spec": _specification(view)}
        for view in dashboard.views
    ]
    report = dashboard.report
    heading = {"title": report.title, "entity": report.entity, "project": report.project}
    return json.dumps({"views": views, "report": {**heading, "spec": _specification(report)}}, indent=1)


def default_entity() -> str:
    """Return the account's own entity; a UserError if W&B names none."""
    with _refusal_explained("the account"):
        entity: str | None = wandb.Api().default_entity
    if not entity:
        raise UserError("W&B: the account has no default entity; name one with --entity")
    return entity


class Publisher:
    """Saves views and reports: under the address that `file` has of each, else as new ones.

    Raises:
        UserError: `file` cannot be read or written, or W&B refuses.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.addresses = _read_addresses(file)

    def publish(self, dashboard: Dashboard) -> list[str]:
        """Save everything; return the addresses, the report's last."""
        report = dashboard.report
        return [
            *(self._save(view, view.name, ws.Workspace, VIEW_FIELDS) for view in dashboard.views),
            self._save(report, report.title, wr.Report, REPORT_FIELDS),
        ]

    def _save(self, item: Any, name: str, kind: Any, fields: tuple[str, ...]) -> str:
        key = f"{item.entity}/{item.project}: {name}"
        known = self.addresses.get(key)
        with _refusal_explained(name):
            if known is not None:
                saved = _loaded(kind.from_url, known, self.file)
                for field in fields:
                    setattr(saved, field, getattr(item, field))
                item = saved
            address = str(item.save().url)
        self.addresses[key] = address
        with writable(self.file.parent, "--addresses"):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.file, json.dumps(self.addresses, indent=1) + "\n")
        return address


def _specification(item: Any) -> Any:
    # The library has no public way to show what `save` would send.
    return item._to_model().spec.model_dump(mode="json", by_alias=True, exclude_none=True)


def _loaded(from_url: Callable[[str], Any], address: str, file: Path) -> Any:
    """Return what was saved under `address`; the library fails in several ways where it was deleted since."""
    try:
        return from_url(address)
    except (ValueError, TypeError, LookupError) as error:
        raise UserError(
            f"W&B: {address} cannot be read ({first_line(error)}); if it was deleted, "
            f"remove its line from {file} to have it made anew"
        ) from error


def _read_addresses(file: Path) -> dict[str, str]:
    try:
        addresses = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: {first_line(error)}; remove it to have all views made anew") from error
    if not isinstance(addresses, dict) or not all(isinstance(url, str) for url in addresses.values()):
        raise UserError(f"{file}: not a list of addresses by name; remove it to have all views made anew")
    return addresses


@contextmanager
def _refusal_explained(what: str) -> Iterator[None]:
    """Turn what the two libraries raise, plain exceptions among it, into one line."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"W&B: {what}: {type(error).__name__}: {first_line(error)}") from error
