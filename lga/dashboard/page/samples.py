"""Pictures of one run of each attention, of the test split and of own images, within a budget for the page.

With those of the test split go the run's precision against recall and its confusion matrix.
What does not fit is named, so that nobody takes the shown attentions for all.
"""

import base64
import io
import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image

from lga.results.collect import CollectedRun, Problem, attempt
from lga.results.comparison import Comparison, Group
from lga.results.curves import read_confusion, read_precision_recall
from lga.run.folder.record import MOST_BYTES
from lga.system.errors import UserError
from lga.system.files import read_regular

LONG_SIDE = 800
QUALITY = 70


def picture_paths(folder: Path) -> list[Path]:
    """Return its pictures, `<number>-<image>.png`, by number; none if no folder, OSError if unreadable."""
    paths = folder.iterdir() if folder.is_dir() else ()
    found = [path for path in paths if re.fullmatch(r"[0-9]+-.*\.png", path.name)]
    return sorted(found, key=lambda path: (int(path.name.split("-")[0]), path.name))


def thumbnail(path: Path) -> dict[str, Any]:
    """Return the picture at `path` as WebP of at most `LONG_SIDE` pixels; UserError if it cannot be read."""
    try:
        with Image.open(io.BytesIO(read_regular(path, MOST_BYTES)), formats=["PNG"]) as picture:
            small = picture.convert("RGB")
        small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{path}: not a readable PNG picture: {error}") from error
    file = io.BytesIO()
    small.save(file, "WEBP", quality=QUALITY)
    source = "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
    return {"source": source, "width": small.width, "height": small.height}


IMAGES = {"predictions": 6, "pictures": 2}  # shown of a run's folders; what is the reader's own comes first
ATTENTIONS = 6
BUDGET = 2_500_000  # characters of all pictures and matrices: the rest of a page of 3 MB needs room too


@dataclass
class _Samples:
    """What has been gathered for the page so far."""

    page_folder: Path
    problems: list[Problem]
    budget: int
    full: bool = False
    runs: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, run: CollectedRun, paths: Sequence[Path], place: Mapping[str, Any], name: str) -> bool:
        """Take in the run's pictures and return whether any fit; note `name` if they do not."""
        pictures = [shown for path in paths if (shown := self._picture(path))] if not self.full else []
        judged = self._judged(run.folder / "curves.json") if pictures and not place["own"] else {}
        size = sum(len(picture["source"]) for picture in pictures) + len(json.dumps(judged.get("confusion")))
        self.full = self.full or size > self.budget
        if self.full:
            self.left_out.append(name)
        elif pictures:
            self.budget -= size
            self.runs.append({**place, "pictures": pictures, **judged})
        return bool(pictures) and not self.full

    def _judged(self, path: Path) -> dict[str, Any]:
        curve = attempt(read_precision_recall, path, self.problems)
        confusion = attempt(read_confusion, path, self.problems)
        return {
            "precision_recall": asdict(curve) if curve else None,
            "confusion": asdict(confusion) if confusion else None,
        }

    def _picture(self, path: Path) -> dict[str, Any] | None:
        small = attempt(thumbnail, path, self.problems)
        link = quote(Path(os.path.relpath(path, self.page_folder)).as_posix())
        return {"name": path.stem, "link": link, **small} if small else None


def samples(
    comparisons: Sequence[Comparison],
    position: Mapping[int, int],
    page_folder: Path,
    problems: list[Problem],
    budget: int = BUDGET,
) -> dict[str, Any]:
    """Return the pictures shown, by group and run, and the names of the attentions left out.

    `position` is each run's place on the page by its id; files that cannot be read are added to `problems`.
    """
    gathered = _Samples(page_folder, problems, budget)
    groups = [(comparison, group) for comparison in comparisons for group in comparison.groups]
    for folder, most in IMAGES.items():
        shown: Counter[int] = Counter()
        for number, (comparison, group) in enumerate(groups):
            run, paths = _lowest_seed(group, folder, gathered)
            place = {
                "group": number,
                "run": position[id(run)],
                "own": folder == "predictions",
                "of": len(paths),
            }
            name = _name(comparison, group)
            if paths and shown[id(comparison)] == ATTENTIONS:
                gathered.left_out.append(name)
            elif paths:
                shown[id(comparison)] += gathered.add(run, paths[:most], place, name)
    return {"runs": gathered.runs, "left_out": gathered.left_out}


def _lowest_seed(group: Group, folder: str, gathered: _Samples) -> tuple[CollectedRun, list[Path]]:
    """Return the group's first run with pictures, and these; its first run and nothing if none has any."""
    found = ((run, attempt(picture_paths, run.folder / folder, gathered.problems)) for run in group.runs)
    return next(((run, paths) for run, paths in found if paths), (group.runs[0], []))


def _name(comparison: Comparison, group: Group) -> str:
    of_comparison = (comparison.dataset, comparison.network, comparison.distinction)
    return ", ".join(part for part in (*of_comparison, group.attention, group.distinction) if part)
