"""The generated files: of this machine's runs below the outputs, of kept records below ``experiments``.

The generated files of a page of studies.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lga.results.collect import CollectedRun
from lga.results.experiments import EXPERIMENTS, FOLDER
from lga.results.judged_table import JudgedTable, judge
from lga.results.reports.committed import read_kept
from lga.results.reports.csv_text import csv_text, studies_csv
from lga.results.reports.markdown import markdown
from lga.results.reports.readme_block import readme_block, with_block
from lga.results.reports.study_markdown import Studied, study_markdown
from lga.results.reports.study_pictures import study_picture
from lga.results.studies.family import Family
from lga.results.studies.gains import families
from lga.results.studies.studies import PAGES, Study, StudyPage
from lga.system.files import writable, write_text

NO_OVERRIDES: Mapping[str, Sequence[str]] = {}


def study_runs(
    page: StudyPage, collected: Sequence[CollectedRun], overrides: Mapping[str, Sequence[str]] = NO_OVERRIDES
) -> dict[Study, tuple[Family, ...]]:
    """The collected runs in the page's studies; `overrides` of a sweep by the name of its study."""
    return {study: families(study, collected, overrides.get(study.name, ())) for study in page.studies}


def shown_runs(studied: Studied) -> list[CollectedRun]:
    """Every run that the page shows; one that stands in two studies is there twice."""
    return [run for family in _families(studied) for row in family.rows for run in row.runs]


def page_files(page: StudyPage, studied: Studied) -> dict[str, str]:
    """Text of each file by its name."""
    drawn = {f"{study.name}.svg": study_picture(study, found) for study, found in studied.items()}
    pictures = {name: text for name, text in drawn.items() if text is not None}
    return {
        "README.md": study_markdown(page, studied, pictures),
        "results.csv": studies_csv(studied),
        **pictures,
    }


def _families(studied: Studied) -> Iterable[Family]:
    return (family for found in studied.values() for family in found)


README = FOLDER.parent / "README.md"


def write_table(table: JudgedTable, folder: Path) -> Path:
    """Write the files of one experiment into `folder`; returns the page's path."""
    with writable(folder, "--out"):
        folder.mkdir(parents=True, exist_ok=True)
        assumptions = os.path.relpath(table.experiment.folder / "assumptions.md", folder)
        for name, text in _files(table, Path(assumptions).as_posix()).items():
            write_text(folder / name, text)
    return folder / "README.md"


def write_page(
    page: StudyPage,
    collected: Sequence[CollectedRun],
    folder: Path,
    overrides: Mapping[str, Sequence[str]] = NO_OVERRIDES,
) -> Path:
    """Write the files of a page of studies into `folder`; returns its path.

    `overrides` are of sweeps, by the name of the study: runs with them stand in its cells.
    """
    with writable(folder, "--out"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in page_files(page, study_runs(page, collected, overrides)).items():
            write_text(folder / name, text)
    return folder / "README.md"


def committed_files(folder: Path = FOLDER, readme: Path = README) -> dict[Path, str]:
    """Every generated file of the repository with its text, made from kept records alone."""
    tables = [judge(experiment, read_kept(folder / experiment.name)) for experiment in EXPERIMENTS]
    files = {
        folder / table.experiment.name / name: text
        for table in tables
        for name, text in _files(table).items()
    }
    studied = {page: study_runs(page, read_kept(folder / page.name)) for page in PAGES}
    for page, found in studied.items():
        files |= {folder / page.name / name: text for name, text in page_files(page, found).items()}
    block = readme_block(tables, studied)
    files[readme] = with_block(readme.read_text(encoding="utf-8"), block)
    return files


def write_committed() -> Sequence[Path]:
    """Write what differs of the repository's generated files; returns what was written."""
    changed = [(path, text) for path, text in committed_files().items() if not _is(path, text)]
    for path, text in changed:
        with writable(path.parent, "the checkout"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
    return [path for path, _ in changed]


def _files(table: JudgedTable, assumptions: str = "assumptions.md") -> Mapping[str, str]:
    return {"README.md": markdown(table, assumptions), "results.csv": csv_text(table)}


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
