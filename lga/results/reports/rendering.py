"""The generated files of a page of experiments."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from lga.results.experiments import Page
from lga.results.families import Results
from lga.results.reports.csv_text import csv_text
from lga.results.reports.markdown import markdown
from lga.system.files import writable, write_text

Judged = Mapping[Page, Sequence[Results]]


def page_files(page: Page, results: Sequence[Results], folder: str = "") -> dict[str, str]:
    """Text of each file by its name; links to what is written by hand begin with `folder`."""
    return {"README.md": markdown(page, results, folder), "results.csv": csv_text(results)}


def write_page(page: Page, results: Sequence[Results], folder: Path) -> Path:
    """Write the files of a page into `folder`; returns the page's path."""
    with writable(folder, "--out"):
        folder.mkdir(parents=True, exist_ok=True)
        by_hand = Path(os.path.relpath(page.folder, folder)).as_posix()
        for name, text in page_files(page, results, f"{by_hand}/").items():
            write_text(folder / name, text)
    return folder / "README.md"
