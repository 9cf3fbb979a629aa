"""The rule of the held-out part, on labels small enough to count by hand."""

import pytest
import torch

from lga.data.classification.labelled_images import LabelledImages, make_splits, rank_within_class
from lga.system.errors import UserError

LABELS = torch.tensor([2, 0, 2, 2, 0, 1])
RANKS = [0, 0, 1, 2, 1, 0]


def splits(selection, held_out):
    images = torch.arange(6, dtype=torch.uint8).view(6, 1, 1)
    fitting = LabelledImages(images, LABELS, "toy train")
    test = LabelledImages(images[:2], LABELS[:2], "toy test")
    return make_splits(fitting, torch.tensor(held_out), test, selection, {"toy": "0"})


def test_rank_within_class():
    assert rank_within_class(LABELS).tolist() == RANKS


def test_validation_is_held_out_of_training():
    made = splits("validation", [False, False, True, False, True, False])
    assert made.train.images.flatten().tolist() == [0, 1, 3, 5]
    assert made.val.images.flatten().tolist() == [2, 4]
    assert made.val.labels.tolist() == [2, 0]
    assert made.counts == {"train": 4, "val": 2, "test": 2}


def test_selection_on_the_test_split():
    made = splits("test", [False, False, True, False, True, False])
    assert made.train.images.flatten().tolist() == [0, 1, 2, 3, 4, 5]
    assert made.val is made.test
    assert made.selection == "test"


def test_nothing_to_hold_out():
    with pytest.raises(UserError, match="toy train: 6 images are too few"):
        splits("validation", [False] * 6)
