"""scikit-learn's handwritten digits: 1,797 grey images of 8 x 8 pixels, 10 classes, nothing to download.

Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, 1998, https://doi.org/10.24432/C50P49
(CC BY 4.0). scikit-learn ships only the TEST part of that set, written by 13 people; the other 30 writers'
training part is not in it. So a score here does not compare with published ones on the whole set.

Splits (ours; there is no official one): the images of each class, in the order in which scikit-learn gives
them, are counted from 0; rank % 6 == 4 is validation, rank % 6 == 5 is test, the rest is training. No
randomness. Who wrote an image is not recorded, so the same writers are in all three splits.

Axes: N images, H rows, W columns.
"""

import hashlib

import numpy as np
import torch
from torch import Tensor

from lga.data.classification.labelled_images import (
    ImageSplits,
    LabelledImages,
    check_selection,
    make_splits,
    rank_within_class,
)
from lga.system.errors import UserError

CLASS_NAMES = tuple(str(digit) for digit in range(10))
LARGEST_VALUE = 16
PERIOD = 6
VALIDATION_REMAINDER = 4
TEST_REMAINDER = 5
SHA256 = {
    "digits-images": "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3",
    "digits-labels": "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0",
}


class DigitsReader:
    """Reads the digits and their splits: 1,204 / 297 / 296 images.

    Args:
        selection: what a checkpoint is selected on: ``validation``, or ``test`` (then the validation images
            join the training split).
    """

    class_names = CLASS_NAMES
    checked = "sha256 of pixels and labels"

    def __init__(self, selection: str = "validation") -> None:
        check_selection(selection)
        self.selection = selection

    def __call__(self) -> ImageSplits:
        """Return the splits; values 0..16 become 0..255.

        Raises:
            UserError: the installed scikit-learn has other digits.
        """
        values, labels = load_digit_values()
        images = torch.from_numpy(values).float().mul(255 / LARGEST_VALUE).round().to(torch.uint8)
        everything = LabelledImages(images, torch.from_numpy(labels).long(), "digits")
        in_val, in_test = digit_roles(everything.labels)
        fitting = everything.take(~in_test, "digits train")
        test = everything.take(in_test, "digits test")
        return make_splits(fitting, in_val[~in_test], test, self.selection, dict(SHA256))


def load_digit_values() -> tuple[np.ndarray, np.ndarray]:
    """Return the values 0..16, (1797, 8, 8) uint8, and the labels, (1797,) uint8, in its order.

    Raises:
        UserError: their sha256 is not `SHA256`, so the installed scikit-learn has other digits.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    values, labels = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    found = {"digits-images": _sha256(values), "digits-labels": _sha256(labels)}
    if found != SHA256:
        raise UserError(
            "sklearn.datasets.load_digits: other data than the 1,797 digits that the splits were made for; "
            "install the locked version of scikit-learn (uv sync)"
        )
    return values, labels


def digit_roles(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return which images are validation and which are test, both (N,) bool, by the module's rule."""
    remainders = rank_within_class(labels) % PERIOD
    return remainders == VALIDATION_REMAINDER, remainders == TEST_REMAINDER


def _sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
