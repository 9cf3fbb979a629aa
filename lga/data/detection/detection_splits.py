"""The three splits of a detection set."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.detection_source import DetectionSource
from lga.system.errors import UserError


@dataclass(frozen=True)
class DetectionSplits:
    """What a reader gives; a split with no image is a `UserError`.

    Attributes:
        train, val, test: the splits; ``val`` is what a checkpoint is selected on.
        class_names: in the order of their labels.
        manifest: name of each source file -> sha256.
        selection: ``validation``, or ``test`` where ``val`` is the test split itself.
        dropped: what was left out or changed while reading, and how often.
    """

    train: DetectionSource
    val: DetectionSource
    test: DetectionSource
    class_names: tuple[str, ...]
    manifest: dict[str, str]
    selection: str = "validation"
    dropped: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for source in (self.train, self.val, self.test):
            if len(source) == 0:
                raise UserError(
                    f"{source.split}: no image; training, validation and test need at least one each: "
                    "check the folder and dataset.reader's settings"
                )

    @property
    def counts(self) -> dict[str, int]:
        """Number of images of each split."""
        return {"train": len(self.train), "val": len(self.val), "test": len(self.test)}

    def training_on(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the splits with the training images where ``chosen`` (N,) is true; the others stay."""
        return replace(self, train=self.train.take(chosen))
