"""The three splits of a set, whatever its images are labelled with.

Axes: N images of a split.
"""

from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray


class Split(Protocol):
    """The images of one split, with what is on them."""

    def __len__(self) -> int:
        """Return the number of images."""

    def take(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the images where ``chosen`` (N,) is true, in their order."""


SplitT = TypeVar("SplitT", bound=Split)


@dataclass(frozen=True)
class Splits(Generic[SplitT]):
    """What a reader gives.

    Attributes:
        train, val, test: the splits; ``val`` is what a checkpoint is selected on.
        manifest: name of each source file -> sha256 of its uncompressed content.
        selection: ``validation``, or ``test`` where ``val`` is the test split itself.
        dropped: what was left out or changed while reading, and how often.
    """

    train: SplitT
    val: SplitT
    test: SplitT
    manifest: dict[str, str]
    selection: str = "validation"
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Number of images of each split."""
        return {"train": len(self.train), "val": len(self.val), "test": len(self.test)}

    def training_on(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the splits with the training images where ``chosen`` (N,) is true; the others stay."""
        return replace(self, train=self.train.take(chosen))
