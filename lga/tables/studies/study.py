"""The studies: their names and titles, and where their files lie."""

from dataclasses import dataclass
from pathlib import Path

from lga.tables.experiments.experiment import FOLDER


@dataclass(frozen=True)
class Study:
    """A sweep ``conf/experiment/<name>.yaml`` whose runs are compared with each other.

    Attributes:
        name: of the sweep.
        title: for people.
        question: what it is run to answer, in a sentence.
        limits: what it cannot answer, in a sentence.
    """

    name: str
    title: str
    question: str
    limits: str

    @property
    def folder(self) -> Path:
        """Where its kept records and generated files lie."""
        return FOLDER / self.name


STUDIES = (
    Study(
        "embedded",
        "ten attentions on the embedded digits",
        "Does an attention in MobileNetV3's slot change how well scikit-learn's real handwritten digits are "
        "classified, and found in scenes?",
        "Nothing here stands for the paper's data: the images are few and small, and the slot's map is 1 x 1 "
        "(digits) or 5 x 5 (scenes), where it was 20 x 20 in the paper's detection.",
    ),
)


def study_named(name: str) -> Study | None:
    """Return the study of that name, or None."""
    return next((study for study in STUDIES if study.name == name), None)
