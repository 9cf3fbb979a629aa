"""Labelled images of a classification set, their three splits, and the rule by which a part is held out.

Axes: N images, C channels, H rows, W columns. Pixels are 8-bit, 0 black and 255 white.
"""

from __future__ import annotations  # torch is imported where images are read, not to find a file

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.image_stores import FileImages, read_image_size
from lga.data.loading.splits import Splits
from lga.system.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

SELECTIONS = ("validation", "test")


@dataclass(frozen=True)
class LabelledImages:
    """Images of one split.

    Attributes:
        images: (N, H, W) or (N, C, H, W), uint8; or files, each read when it is needed, of any sizes.
        labels: (N,), int64, from 0.
        name: of the data set and its part, such as ``mnist train``.
    """

    images: Tensor | FileImages
    labels: Tensor
    name: str

    def __len__(self) -> int:
        return len(self.labels)

    def sizes(self) -> NDArray[np.int64]:
        """Return (N, 2), width and height of each image; of files, from their headers."""
        if isinstance(self.images, FileImages):
            paths = (self.images.folder / name for name in self.images.names.tolist())
            return np.array([read_image_size(path) for path in paths], np.int64)
        return np.tile(np.array(self.images.shape[:-3:-1], np.int64), (len(self), 1))

    def take(self, chosen: Tensor | NDArray[np.bool_], name: str | None = None) -> LabelledImages:
        """Return the images where ``chosen`` (N,), bool, is true, in their order; ``name`` is theirs."""
        import torch

        images, rows = self.images, torch.as_tensor(chosen).nonzero()[:, 0]
        taken = images.take(rows.numpy()) if isinstance(images, FileImages) else images[rows]
        return LabelledImages(taken, self.labels[rows], name or self.name)


ImageSplits = Splits[LabelledImages]


def check_selection(selection: str) -> None:
    """Raise a UserError unless ``selection`` is one of `SELECTIONS`."""
    if selection not in SELECTIONS:
        raise UserError(f"selection={selection!r} is unknown: choose one of {', '.join(SELECTIONS)}")


def make_splits(
    fitting: LabelledImages, held_out: Tensor, test: LabelledImages, selection: str, manifest: dict[str, str]
) -> ImageSplits:
    """Divide the part that may be fitted on.

    Args:
        fitting: everything but the test split.
        held_out: (N,), bool, the images of ``fitting`` that the model is selected on.
        test: the test split.
        selection: with ``validation``, train and val are the two parts of ``fitting``. With ``test``, the
            habit of the paper's training framework: train is all of ``fitting``, and val is the test split
            itself.
        manifest: see `Splits`.

    Raises:
        UserError: nothing is held out to select on.
    """
    if selection == "test":
        return ImageSplits(fitting, test, test, manifest, selection)
    if not held_out.any():
        raise UserError(
            f"{fitting.name}: {len(fitting)} images are too few to hold some out for validation; "
            "use more, or set dataset.selection=test"
        )
    train = fitting.take(~held_out)
    val = fitting.take(held_out, f"{fitting.name}, held out")
    return ImageSplits(train, val, test, manifest)


def rank_within_class(labels: Tensor) -> Tensor:
    """Position of each image among those of its class, in the given order.

    Args:
        labels: (N,), int64.

    Returns:
        (N,), int64: 0 for the first image of a class, 1 for its second, and so on.
    """
    import torch

    ranks = torch.empty_like(labels)
    for label in torch.unique(labels):
        members = labels == label
        ranks[members] = torch.arange(int(members.sum()))
    return ranks
