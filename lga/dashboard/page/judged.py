"""What the kept records of a page of experiments gave, as the dashboard shows it, in a committed file.

Kept results change with their records alone, so `make tables` judges them once, into
``experiments/<page>/judged.json``, where a run is the name of its record. Own runs are judged as they come.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lga.dashboard.page.paper import table_json
from lga.dashboard.page.studied import studied, with_results
from lga.results.audited import kept_audit
from lga.results.collect import CollectedRun
from lga.results.experiments import FOLDER, Page, project_pages
from lga.results.families import Results
from lga.results.over_cells import cell_gains
from lga.results.reports.committed import read_kept
from lga.results.reports.rendering import Judged
from lga.system.errors import UserError

JUDGED = "judged.json"
PARTS = ("tables", "studies", "cells")


@dataclass(frozen=True)
class Kept:
    """The kept runs below a folder of experiments, by page and name of record."""

    folder: Path
    runs: Mapping[str, Mapping[str, CollectedRun]]

    @property
    def all(self) -> tuple[CollectedRun, ...]:
        """Each once, also those that several pages keep."""
        return tuple({id(run): run for page in self.runs.values() for run in page.values()}.values())


def read_all_kept(folder: Path = FOLDER, own: Iterable[CollectedRun] = ()) -> Kept:
    """Read the records below a folder of experiments; one that is an own run's is that run with its files."""
    first = {_key(run): run for run in own}
    pages = sorted(path.parent for path in folder.glob("*/records"))
    runs = {
        page.name: {run.folder.name: first.setdefault(_key(run), run) for run in read_kept(page)}
        for page in pages
    }
    return Kept(folder, runs)


def _key(run: CollectedRun) -> tuple[str, str]:
    return run.record.config_hash, run.record.started


def judged_files(judged: Judged, folder: Path = FOLDER) -> dict[Path, str]:
    """Return the text of each page's file."""
    return {folder / page.name / JUDGED: _judged(page, results) for page, results in judged.items()}


def read_judged(kept: Kept, position: Mapping[int, int]) -> dict[str, list[Any]]:
    """Tables and studies of the files; `position` is each run's place on the page by its id.

    Raises:
        UserError: a file is damaged, or names a record that is not there.
    """
    found: dict[str, list[Any]] = {part: [] for part in PARTS}
    for page in project_pages():
        path = kept.folder / page.name / JUDGED
        if path.is_file():
            place = {name: position[id(run)] for name, run in kept.runs.get(page.name, {}).items()}
            try:
                stored = json.loads(path.read_text(encoding="utf-8"))
                for part in PARTS:
                    found[part] += _placed(stored[part], place)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise UserError(f"{path}: does not fit the records beside it; make tables") from error
    return found


def _judged(page: Page, results: Sequence[Results]) -> str:
    runs = [run for one in results for run in (*one.runs, *(other.run for other in one.others))]
    name = {id(run): run.folder.name for run in runs}
    judged = [table_json(one, kept_audit(), name) for one in results if one.experiment.judged]
    found = with_results(one for one in results if not one.experiment.judged)
    cells = [{**asdict(cell), "page": page.title} for cell in cell_gains(results)]
    parts = {"tables": judged, "studies": studied({page: found} if found else {}, name), "cells": cells}
    return json.dumps(parts, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _placed(node: Any, place: Mapping[str, int]) -> Any:
    """Return the node with runs' places for their names."""
    if isinstance(node, list):
        return [_placed(one, place) for one in node]
    if not isinstance(node, dict):
        return node
    named = {name: _placed(value, place) for name, value in node.items() if name not in ("run", "runs")}
    if "runs" in node:
        named["runs"] = [place[name] for name in node["runs"]]
    return {**named, "run": place[node["run"]]} if "run" in node else named
