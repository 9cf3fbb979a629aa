"""The studies: what is compared with what, and on which page below ``experiments`` it stands."""

from dataclasses import dataclass
from pathlib import Path

from lga.results.comparison import BASELINE
from lga.results.experiments import EXPERIMENTS, FOLDER
from lga.system.errors import UserError

RELEASED = "lga"
SCALE, SHARE = "backbone.scale", "data.train_share"


@dataclass(frozen=True)
class Study:
    """A sweep ``conf/experiment/<name>.yaml`` whose runs are compared with each other.

    Attributes:
        name: of the sweep.
        title: for people, lower case.
        question: what it is run to answer, in a sentence.
        reference: the attention that the gains of all others are over.
        kind: what a row is called in sentences.
        axes: settings beside dataset, network and attention that the sweep goes over, named with dots.
        published: how the page calls the published numbers of its cells; empty where none stand beside them.
    """

    name: str
    title: str
    question: str
    reference: str = BASELINE
    kind: str = "attention"
    axes: tuple[str, ...] = ()
    published: str = ""


@dataclass(frozen=True)
class StudyPage:
    """Studies that share a page and kept records.

    Attributes:
        name: of its folder.
        title: for people, lower case.
        limits: what its studies cannot answer, and how to read them.
        studies: in the page's order.
    """

    name: str
    title: str
    limits: str
    studies: tuple[Study, ...]

    @property
    def folder(self) -> Path:
        """Where its kept records and generated files lie."""
        return FOLDER / self.name


@dataclass(frozen=True)
class ChosenStudies:
    """Studies of one page that a command is for."""

    page: StudyPage
    studies: tuple[Study, ...]


def _ablation(part: str, title: str, question: str) -> Study:
    return Study(f"ablation_{part}", title, question, reference=RELEASED, kind="variant")


PAGES = (
    StudyPage(
        "table1_short",
        "table 1's cells in a short setting",
        "This table compares attentions with each other and not with the paper, whose setting is unknown: "
        "its numbers stand beside ours as what was published. [protocol.md](protocol.md) was written before "
        "the first run. Ours are of the last epoch's averaged weights; the best epoch was chosen on the test "
        "images, the habit of the paper's toolchain.",
        (
            Study(
                "table1_short",
                "table 1's cells in a short setting",
                "Does an attention in MobileNetV3's slot change how well MNIST and Fashion-MNIST are "
                "classified?",
                published="published for 100 epochs (assumed)",
            ),
        ),
    ),
    StudyPage(
        "embedded",
        "ten attentions on the embedded digits",
        "Nothing here stands for the paper's data: the images are few and small, and the slot's map is 1 x 1 "
        "(digits) or 5 x 5 (scenes), where it was 20 x 20 in the paper's detection.",
        (
            Study(
                "embedded",
                "ten attentions on the embedded digits",
                "Does an attention in MobileNetV3's slot change how well scikit-learn's real handwritten "
                "digits are classified, and found in scenes?",
            ),
        ),
    ),
    StudyPage(
        "ablations",
        "ablations of the block",
        "One part of the block is changed at a time, on the scenes of digits with MobileNetV3, in 12 epochs "
        "with their whole schedule: rows are compared with each other and stand for nothing published. Gains "
        "are over the released block, `lga`: a loss tells what the block would lose by the change.",
        (
            _ablation("alpha", "alphas", "Does it matter what the alphas are, or that they are learned?"),
            _ablation("branches", "branches", "Are both the local branches and the global one needed?"),
            _ablation("capacity", "capacity", "Does the block do more than add parameters?"),
            _ablation(
                "contraction",
                "contraction",
                "Is the released contraction better than the one of the text, and does a residual help?",
            ),
            _ablation("heads", "heads", "Does the number of heads matter?"),
            _ablation("kernels", "kernels", "How many local kernels are needed?"),
            _ablation("position", "position", "Does it matter how position is added, or that it is?"),
            _ablation("scales", "scales", "How many scales does the gate need?"),
        ),
    ),
    StudyPage(
        "scaling",
        "data and model size",
        "Epochs are held at 12, so a run on a quarter of the images takes a quarter of the optimisation "
        "steps, half of them in the warm-up: what depends on the share may depend on the steps. Nothing here "
        "stands for the paper's data.",
        (
            Study(
                "scaling",
                "data and model size",
                "Does the gain of LGA depend on how much data there is and how large the network is?",
                axes=(SCALE, SHARE),
            ),
        ),
    ),
    StudyPage(
        "beyond",
        "beyond the paper's backbones",
        "The embedded digits are easy, and on 32 pixels the slot's map is 1 x 1 in most of these networks "
        "(2 x 2 in the ViT): a block can show little of what it does to space. Nothing here stands for the "
        "paper's data.",
        (
            Study(
                "beyond",
                "beyond the paper's backbones",
                "Does an attention help networks of other families: a residual one, EfficientNet, ConvNeXt, "
                "a ViT?",
            ),
        ),
    ),
)


def chosen_studies(name: str) -> ChosenStudies | None:
    """The studies of the page or study of that name; None where it is that of a table.

    Raises:
        UserError: it is neither.
    """
    for page in PAGES:
        if name == page.name:
            return ChosenStudies(page, page.studies)
        for study in page.studies:
            if name == study.name:
                return ChosenStudies(page, (study,))
    tables = (*(experiment.name for experiment in EXPERIMENTS), "all")
    if name in tables:
        return None
    studies = dict.fromkeys(each for page in PAGES for each in (page.name, *(s.name for s in page.studies)))
    raise UserError(f"{name}: no such table or study; valid: {', '.join((*tables, *studies))}")
