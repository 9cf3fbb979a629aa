"""Each published row beside the network it names, built and counted: equal, explained, or unexplained.

An explanation names another network, or another way to count, and holds only if that gives the printed
numbers to the digit.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Literal

from lga.config.frozen_run import NOT_READ
from lga.config.grid import experiment_runs
from lga.results.published import PublishedRow, Task
from lga.run.build import build_model
from lga.run.machine.complexity import Complexity, complexity_of
from lga.system.progress import track

UNUSUAL_HEADS = 64
Status = Literal["equal", "explained", "unexplained"]

# Of each task one dataset whose configuration names the task and needs no files; the classes are set.
DATASETS: dict[Task, str] = {"classification": "mnist", "detection": "digit_scenes"}
BACKBONES = {"yolov8n": "yolov8"}  # others have the model's name
# Side in pixels of the image of the true FLOPs: 28 x 28 images become 32 x 32, detectors are for 640.
IMAGE_SIZES: dict[Task, int] = {"classification": 32, "detection": 640}


@dataclass(frozen=True)
class Network:
    """What is built.

    Attributes:
        heads: of an LGA block, None for the configured ones.
        image_size: side in pixels of the images of the true FLOPs; None for the task's.
        experiment: of another paper, whose settings it has.
    """

    task: Task
    model: str
    attention: str
    num_classes: int
    heads: int | None = None
    image_size: int | None = None
    experiment: str = ""

    @classmethod
    def of(cls, row: PublishedRow, experiment: str = "") -> "Network | None":
        """Return the network that the row names; None where its number of classes is not known."""
        classes = row.num_classes
        if classes is None:
            dataset = experiment_runs(experiment, [f"dataset={row.dataset}", "seed=1"])[0].config["dataset"]
            if dataset["class_names"] == NOT_READ.class_names:
                return None
            classes = dataset["num_classes"]
        return cls(row.task, row.model, row.attention, classes, None, row.image_size, experiment)

    @property
    def size(self) -> int:
        """Side in pixels of the images."""
        return self.image_size or IMAGE_SIZES[self.task]

    @property
    def overrides(self) -> tuple[str, ...]:
        """What to give to `python run.py mode=describe`, or to `lga.build_model`."""
        chosen = (
            *([f"experiment={self.experiment}"] if self.experiment else []),
            f"dataset={DATASETS[self.task]}",
            f"dataset.num_classes={self.num_classes}",
            f"dataset.image_size={self.size}",
            f"backbone={BACKBONES.get(self.model, self.model)}",
            f"attention={self.attention}",
        )
        return chosen if self.heads is None else (*chosen, f"backbone.lga_heads.{self.task}={self.heads}")


@cache
def count(network: Network) -> Complexity:
    """Return the counts of `network`; each is built once."""
    return complexity_of(build_model(network.overrides), network.size)


@dataclass(frozen=True)
class Explanation:
    """One reason.

    Attributes:
        name: what the row really counts, in a few words.
        text: the reason in a sentence.
        applies: whether it makes sense for the network a row names.
        explaining: the network that was counted.
        parameters: the parameters that were counted.
    """

    name: str
    text: str
    applies: Callable[[Network], bool]
    explaining: Callable[[Network], Network]
    parameters: Callable[[Complexity], int]


EXPLANATIONS = (
    Explanation(
        name="trainable count",
        text="the row counts trainable parameters and so leaves out the head's 16 frozen bin values, "
        "which the other rows include",
        applies=lambda network: network.task == "detection",
        explaining=lambda network: network,
        parameters=attrgetter("trainable_parameters"),
    ),
    Explanation(
        name="global-only variant",
        text="the row says LGA and has the count of `lga_global`, the block without its local branches",
        applies=lambda network: network.attention == "lga",
        explaining=lambda network: replace(network, attention="lga_global"),
        parameters=attrgetter("parameters"),
    ),
    Explanation(
        name=f"{UNUSUAL_HEADS} heads",
        text=f"the row has the count of LGA with {UNUSUAL_HEADS} heads; the other YOLOv8n rows have 16",
        applies=lambda network: network.attention == "lga" and network.model == "yolov8n",
        explaining=lambda network: replace(network, heads=UNUSUAL_HEADS),
        parameters=attrgetter("parameters"),
    ),
    Explanation(
        name="binary millions",
        text="its M is 2^20; how the paper counts operations is not known",
        applies=lambda network: bool(network.experiment),
        explaining=lambda network: network,
        parameters=lambda counts: round(counts.parameters * 10**6 / 2**20),
    ),
)


@dataclass(frozen=True)
class Explained:
    """An explanation that holds for a row: the network it names, built and counted."""

    explanation: Explanation
    network: Network
    counts: Complexity

    @property
    def parameters(self) -> int:
        """The parameters that the row counts."""
        return self.explanation.parameters(self.counts)


@dataclass(frozen=True)
class AuditedRow:
    """A published row, the network it names with its counts, and why they differ where they do."""

    published: PublishedRow
    network: Network
    counts: Complexity
    explained: Explained | None

    @property
    def equal(self) -> bool:
        """Whether the named network has the printed parameters to the digit and GFLOPs to the decimal."""
        return _agree(self.published, self.counts.parameters, self.counts)

    @property
    def status(self) -> Status:
        """One word on the row."""
        if self.equal:
            return "equal"
        return "unexplained" if self.explained is None else "explained"


def audit(rows: Iterable[PublishedRow], experiment: str = "") -> tuple[AuditedRow, ...]:
    """Build and count the network of every row, and look for an explanation where the counts differ.

    `experiment` is one of another paper's, whose rows they are.
    """
    audited = []
    for row, network in track(_comparable(rows, experiment), "building networks"):
        found = AuditedRow(row, network, count(network), explained=None)
        audited.append(found if found.equal else replace(found, explained=_explain(row, network)))
    return tuple(audited)


def _comparable(rows: Iterable[PublishedRow], experiment: str) -> list[tuple[PublishedRow, Network]]:
    """Return each row that can be compared, with its network; print why another is left out."""
    found = []
    for row in rows:
        network = Network.of(row, experiment) if row.parameters else None
        if network:
            found.append((row, network))
        else:
            why = "its data is not here to count its classes; fill in num_classes"
            reason = why if row.parameters else "no parameters are published"
            print(f"left out: {'/'.join(row.cell)}: {reason}", file=sys.stderr)
    return found


def _explain(row: PublishedRow, network: Network) -> Explained | None:
    """Return the first explanation whose network, built, has the printed numbers."""
    for explanation in EXPLANATIONS:
        if explanation.applies(network):
            explaining = explanation.explaining(network)
            explained = Explained(explanation, explaining, count(explaining))
            if _agree(row, explained.parameters, explained.counts):
                return explained
    return None


def _agree(row: PublishedRow, parameters: int, counts: Complexity) -> bool:
    """Return whether the counts are the printed ones; how other papers count operations is not known."""
    equal = row.count_of(parameters) == "equal"
    return equal and (bool(row.parameters_text) or f"{counts.gflops_paper:.1f}" == f"{row.gflops:.1f}")
