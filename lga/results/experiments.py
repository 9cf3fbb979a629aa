"""The experiments that are held against published numbers: their names, titles and rows."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lga.results.published import METRICS, PublishedRow, figure_rows, load_published
from lga.run.folder.directory import KEPT
from lga.system.errors import UserError

FOLDER = KEPT
FIGURE = "figure1"


@dataclass(frozen=True)
class Experiment:
    """A block of the paper's results; its grid is ``conf/experiment/<name>.yaml``."""

    name: str
    title: str

    @cached_property
    def rows(self) -> tuple[PublishedRow, ...]:
        """The published rows, in the source's order."""
        if self.name == FIGURE:
            return figure_rows()
        return tuple(row for row in load_published() if self.name in row.tables)

    @property
    def metrics(self) -> tuple[str, str]:
        """Names of the two published metrics; verdicts are on the first."""
        return METRICS[self.rows[0].task]

    @property
    def folder(self) -> Path:
        """Where its assumptions, committed records and generated files lie."""
        return FOLDER / self.name

    @property
    def heading(self) -> str:
        """Name and title for people: ``Table 2: detection with ...``."""
        return f"{self.name[:-1].capitalize()} {self.name[-1]}: {self.title}"


EXPERIMENTS = (
    Experiment("table1", "classification with MobileNetV3 on MNIST and Fashion-MNIST"),
    Experiment("table2", "detection with MobileNetV3 on six datasets"),
    Experiment("table3", "detection with ResNet18 on four datasets"),
    Experiment("table4", "detection with YOLOv8n on three datasets"),
    Experiment("table5", "nine attentions in three networks on TinyPerson"),
    Experiment(FIGURE, "training curves of MobileNetV3 on COCO 2017 and VOC2007"),
)


def chosen_experiments(name: str) -> tuple[Experiment, ...]:
    """The experiment of that name, or all of them for ``all``; others are a UserError."""
    chosen = tuple(experiment for experiment in EXPERIMENTS if name in (experiment.name, "all"))
    if not chosen:
        valid = ", ".join(experiment.name for experiment in EXPERIMENTS)
        raise UserError(f"{name}: no such table; valid: {valid}, all")
    return chosen
