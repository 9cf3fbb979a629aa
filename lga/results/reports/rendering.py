"""The generated files: of this machine's runs below the outputs, of kept records below ``experiments``."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from lga.results.collect import CollectedRun
from lga.results.experiments import FOLDER, Page, all_pages
from lga.results.families import Results, judge
from lga.results.reports.committed import read_kept
from lga.results.reports.csv_text import csv_text
from lga.results.reports.markdown import markdown
from lga.results.reports.pictures import picture_of
from lga.results.reports.readme_block import readme_block, with_block
from lga.system.files import writable, write_text

README = FOLDER.parent / "README.md"
NO_OVERRIDES: Mapping[str, Sequence[str]] = {}


def judge_page(
    page: Page, collected: Sequence[CollectedRun], overrides: Mapping[str, Sequence[str]] = NO_OVERRIDES
) -> tuple[Results, ...]:
    """The page's experiments with the collected runs; `overrides` are of sweeps, by the experiment's name."""
    return tuple(judge(one, collected, overrides.get(one.name, ())) for one in page.experiments)


def page_files(page: Page, results: Sequence[Results], folder: str = "") -> dict[str, str]:
    """Text of each file by its name; links to what is written by hand begin with `folder`."""
    drawn = {f"{one.experiment.name}.svg": picture_of(one) for one in results}
    pictures = {name: text for name, text in drawn.items() if text is not None}
    text = markdown(page, results, pictures, folder)
    return {"README.md": text, "results.csv": csv_text(results), **pictures}


def write_page(page: Page, results: Sequence[Results], folder: Path) -> Path:
    """Write the files of a page into `folder`; returns the page's path."""
    with writable(folder, "--out"):
        folder.mkdir(parents=True, exist_ok=True)
        by_hand = Path(os.path.relpath(page.folder, folder)).as_posix()
        for name, text in page_files(page, results, f"{by_hand}/").items():
            write_text(folder / name, text)
    return folder / "README.md"


def committed_files(folder: Path = FOLDER, readme: Path = README) -> dict[Path, str]:
    """Every generated file of the repository with its text, made from kept records alone."""
    judged = {page: judge_page(page, read_kept(folder / page.name)) for page in all_pages()}
    files = {
        folder / page.name / name: text
        for page, results in judged.items()
        for name, text in page_files(page, results).items()
    }
    files[readme] = with_block(readme.read_text(encoding="utf-8"), readme_block(judged))
    return files


def write_committed() -> Sequence[Path]:
    """Write what differs of the repository's generated files; returns what was written."""
    changed = [(path, text) for path, text in committed_files().items() if not _is(path, text)]
    for path, text in changed:
        with writable(path.parent, "the checkout"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
    return [path for path, _ in changed]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
