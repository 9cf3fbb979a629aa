"""The experiments: every ``experiment/<name>.yaml`` of the configs that says ``experiment:`` what it is.

The files are read as they are, not composed, so that naming all of them takes some hundredths of a second.
Experiments of one ``paths.kept`` share a page and its records, ``experiments/<paths.kept>``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from lga.config.compose import CONFIG_DIR
from lga.config.grid import experiment_files
from lga.results.looks import is_plan
from lga.results.published import PublishedRow, figure_rows, load_published
from lga.run.folder.directory import KEPT
from lga.system.errors import UserError

FOLDER = KEPT
FIGURE = "figure1"
BASELINE = "none"
RELEASED = "lga"
SCALE, SHARE = "backbone.scale", "data.train_share"


@dataclass(frozen=True)
class Experiment:
    """A sweep and what its page says of it.

    Attributes:
        name: of its file.
        page: folder of its page below ``experiments``.
        title: for people.
        question: what it is run to answer, in a sentence.
        limits: what its page cannot answer, and how to read it.
        page_title: of a page of several experiments.
        reference: the attention that the gains of all others are over.
        kind: what a row is called in sentences.
        axes: settings beside dataset, network and attention that the sweep goes over, named with dots.
        published: how the page calls the published numbers of its cells; empty where none stand beside them.
        published_rows: CSV file in `home` of another paper's; empty for those of this paper.
        judged: whether its numbers are held against published rows: all of that file, or those of its name.
        looks: numbers of seeds at which its protocol looks, the last the most; empty for one look at the end.
        order: of its page among all; equal ones go by name.
        home: the folder of configs that its file is in.
    """

    name: str
    page: str
    title: str
    question: str = ""
    limits: str = ""
    page_title: str = ""
    reference: str = BASELINE
    kind: str = "attention"
    axes: tuple[str, ...] = ()
    published: str = ""
    published_rows: str = ""
    judged: bool = False
    looks: tuple[int, ...] = ()
    order: int = 100
    home: Path = CONFIG_DIR

    @cached_property
    def rows(self) -> tuple[PublishedRow, ...]:
        """The published rows that it is held against, in the source's order."""
        if not self.judged:
            return ()
        if self.name == FIGURE:
            return figure_rows()
        if self.published_rows:
            return self.published_cells
        return tuple(row for row in load_published() if self.name in row.tables)

    @cached_property
    def published_cells(self) -> tuple[PublishedRow, ...]:
        """All rows of the file that it names, else of the paper."""
        return load_published(*([self.home / self.published_rows] if self.published_rows else []))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the published metrics; verdicts are on the first."""
        return tuple(metric.rsplit("/", 1)[-1] for metric in self.rows[0].metrics)

    @property
    def own(self) -> bool:
        """Whether its file is the user's and not the project's."""
        return self.home != CONFIG_DIR

    @property
    def folder(self) -> Path:
        """Where its page, its records and what is written by hand of it lie."""
        return (self.home if self.own else FOLDER) / self.page


@dataclass(frozen=True)
class Page:
    """Experiments that share a page and kept records."""

    name: str
    experiments: tuple[Experiment, ...]

    @property
    def title(self) -> str:
        """For people."""
        return self.experiments[0].page_title or self.experiments[0].title

    @property
    def folder(self) -> Path:
        """Where its kept records and generated files lie."""
        return self.experiments[0].folder


def all_experiments() -> tuple[Experiment, ...]:
    """All of them, page by page."""
    nodes = ((name, _declared(name)) for name in experiment_files())
    found = [_experiment(name, node, page) for name, (node, page) in nodes if node]
    return tuple(sorted(found, key=lambda one: (one.order, one.page, one.name)))


def judged_experiments() -> tuple[Experiment, ...]:
    """Return the paper's tables and its figure."""
    return tuple(experiment for experiment in all_experiments() if experiment.judged)


def all_pages() -> tuple[Page, ...]:
    """All of them, in their order."""
    return _pages(all_experiments())


def project_pages() -> tuple[Page, ...]:
    """Those of the project's experiments."""
    return _pages(one for one in all_experiments() if not one.own)


def chosen_pages(name: str) -> Mapping[Page, tuple[Experiment, ...]]:
    """Return the page of that name, or of the experiment of that name, with the experiments asked for.

    ``all`` is the paper's tables and figure.

    Raises:
        UserError: nothing is called so.
    """
    pages, chosen = all_pages(), {}
    for page in pages:
        of_paper = name == "all" and page.experiments[0].judged
        wanted = tuple(one for one in page.experiments if of_paper or name in (page.name, one.name))
        if wanted:
            chosen[page] = wanted
    if not chosen:
        names = dict.fromkeys(n for page in pages for n in (page.name, *(e.name for e in page.experiments)))
        raise UserError(f"{name}: no such experiment; valid: {', '.join(('all', *names))}")
    return chosen


def read_experiment_file(name: str) -> dict[str, Any]:
    """Return what ``experiment/<name>.yaml`` says, nothing composed or resolved.

    Raises:
        UserError: it cannot be read.
    """
    path = experiment_files().get(name, CONFIG_DIR / "experiment" / f"{name}.yaml")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: a mapping is needed")
    return content


def _pages(experiments: Iterable[Experiment]) -> tuple[Page, ...]:
    return tuple(Page(name, tuple(members)) for name, members in groupby(experiments, lambda one: one.page))


def _declared(name: str) -> tuple[dict[str, Any], str | None]:
    """Return the node ``experiment`` and the page's name, the file's own over those that it includes."""
    content = read_experiment_file(name)
    node: dict[str, Any] = {}
    page = None
    for included in content.get("defaults") or ():
        if isinstance(included, str) and included != "_self_":
            more, above = _declared(included)
            node, page = {**node, **more}, above or page
    return {**node, **(content.get("experiment") or {})}, (content.get("paths") or {}).get("kept") or page


def _experiment(name: str, node: Mapping[str, Any], page: str | None) -> Experiment:
    valid = [one.name for one in fields(Experiment) if one.name not in ("name", "page", "home")]
    path = experiment_files()[name]
    where = f"{path.parents[1].name}/experiment/{path.name}"
    wrong = [key for key in node if key not in valid]
    if wrong or not node.get("title"):
        what = f"experiment.{wrong[0]} is no such key" if wrong else "experiment.title is missing"
        raise UserError(f"{where}: {what}; valid: {', '.join(valid)}")
    axes, looks = node.get("axes", []), node.get("looks", [])
    if not isinstance(axes, list) or any(str(axis).startswith("attention") for axis in axes):
        raise UserError(f"{where}: experiment.axes: a list of settings, none of the attention's, is needed")
    if not (isinstance(looks, list) and is_plan(looks)):
        raise UserError(f"{where}: experiment.looks: numbers of seeds are needed, each larger than the last")
    return Experiment(
        name, page or name, home=path.parents[1], **{**node, "axes": tuple(axes), "looks": tuple(looks)}
    )
