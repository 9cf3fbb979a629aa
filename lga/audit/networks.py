"""The network of a published row, or of a guess at it, built from the shipped configuration and counted."""

from dataclasses import dataclass
from functools import cache

import lga
from lga.results.published import Attention, Model, PublishedRow, Task
from lga.run.machine.complexity import Complexity, complexity_of

# Of each task one dataset whose configuration names the task and needs no files; the classes are set.
DATASETS: dict[Task, str] = {"classification": "mnist", "detection": "digit_scenes"}
BACKBONES: dict[Model, str] = {"mobilenetv3": "mobilenetv3", "resnet18": "resnet18", "yolov8n": "yolov8"}
# Side in pixels of the image of the true FLOPs: 28 x 28 images become 32 x 32, detectors are for 640.
IMAGE_SIZES: dict[Task, int] = {"classification": 32, "detection": 640}


@dataclass(frozen=True)
class Network:
    """What is built; `heads` are those of an LGA block, None for the configured ones."""

    task: Task
    model: Model
    attention: Attention
    num_classes: int
    heads: int | None = None

    @classmethod
    def of(cls, row: PublishedRow) -> "Network":
        """Return the network that the row names."""
        return cls(row.task, row.model, row.attention, row.num_classes)

    @property
    def overrides(self) -> tuple[str, ...]:
        """What to give to `python run.py mode=describe`, or to `lga.build_model`."""
        chosen = (
            f"dataset={DATASETS[self.task]}",
            f"dataset.num_classes={self.num_classes}",
            f"dataset.image_size={IMAGE_SIZES[self.task]}",
            f"backbone={BACKBONES[self.model]}",
            f"attention={self.attention}",
        )
        return chosen if self.heads is None else (*chosen, f"backbone.lga_heads.{self.task}={self.heads}")


@cache
def count(network: Network) -> Complexity:
    """Return the counts of `network`; each is built once."""
    return complexity_of(lga.build_model(network.overrides), IMAGE_SIZES[network.task])
