"""The generated files: of this machine's runs below the outputs, of kept records below ``experiments``.

The results in the project's README: one line a table, a few an experiment of ours, between two markers.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from lga.results.experiments import FOLDER, Page, project_pages
from lga.results.families import Results
from lga.results.judging import judge_together
from lga.results.reports.committed import read_kept
from lga.results.reports.csv_text import csv_text
from lga.results.reports.markdown import markdown, scales_of
from lga.results.reports.markdown_tables import escaped, row_line
from lga.results.scales import MEANINGS
from lga.results.sentences import dependence_sentence, dependences, family_sentence
from lga.results.verdicts import Word
from lga.system.errors import UserError
from lga.system.files import writable, write_text

START, END = "<!-- results -->", "<!-- /results -->"
_WORDS = (Word.CONSISTENT, Word.INCONSISTENT, Word.UNDECIDED)
README = FOLDER.parent / "README.md"
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


def judge_kept(folder: Path = FOLDER) -> Judged:
    """Judge the kept records of each page."""
    return {page: judge_together(page.experiments, read_kept(folder / page.name)) for page in project_pages()}


def committed_files(judged: Judged, folder: Path = FOLDER, readme: Path = README) -> dict[Path, str]:
    """The text of each page and of the project's README, made from judged kept records alone."""
    files = {
        folder / page.name / name: text
        for page, results in judged.items()
        for name, text in page_files(page, results).items()
    }
    files[readme] = with_block(readme.read_text(encoding="utf-8"), readme_block(judged))
    return files


def write_changed(files: Mapping[Path, str]) -> Sequence[Path]:
    """Write the generated files of the repository that differ; returns their paths."""
    changed = [
        path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path in changed:
        with writable(path.parent, "the checkout"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, files[path])
    return changed


def readme_block(judged: Judged) -> str:
    """The lines between the markers, an empty one at each end."""
    lines = [
        row_line(("", "cells that ran", "scale", *_WORDS)),
        row_line((":--", "--:", ":--", *("--:" for _ in _WORDS))),
        *(row_line(_row(page, one)) for page, (one, *_) in judged.items() if one.experiment.judged),
    ]
    for page, results in judged.items():
        if told := _told(results):
            lines += ["", f"{_link(page)}, at {' and '.join(scales_of(results))} scale:", ""]
            lines += [f"- {escaped(sentence)}" for sentence in told]
    lines += ["", "A run's *scale* says how far its numbers may be trusted:", ""]
    lines += [f"- `{scale}`: {meaning}." for scale, meaning in MEANINGS.items()]
    return "\n\n" + "\n".join(lines) + "\n\n"


def _told(results: Sequence[Results]) -> list[str]:
    """The sentences of our own experiments that ran: on how gains depend on an axis, else on each family."""
    told = []
    for one in results:
        experiment = one.experiment
        if experiment.judged or not any(row.gain for row in one.rows):
            continue
        title = f"{experiment.title}. " if len(results) > 1 else ""
        depending = [dependence_sentence(each) for each in dependences(one)]
        told += [title + each for each in depending or [family_sentence(experiment, f) for f in one.families]]
    return told


def with_block(readme: str, block: str) -> str:
    """The README with the block in place of what stands between its markers."""
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise UserError(f"README.md: the markers {START} and {END} are missing; put them in again")
    return f"{before}{START}{block}{END}{after}"


def _link(page: Page) -> str:
    return f"[{page.title}](experiments/{page.name}/README.md)"


def _row(page: Page, results: Results) -> tuple[str, ...]:
    counts = (str(results.verdicts[word]) for word in _WORDS) if results.ran else ("-" for _ in _WORDS)
    ran = f"{results.ran} of {len(results.rows)}"
    return _link(page), ran, ", ".join(results.scales) or "-", *counts
