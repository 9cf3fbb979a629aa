"""scikit-learn's digits: content and split rule, checked against a plain count in Python."""

from collections import Counter

import pytest
import torch
from sklearn import datasets

from lga.data.classification.digits import DigitsReader, digit_roles, load_digit_values
from lga.system.errors import UserError


def roles_by_counting(labels):
    """Name the split of each image by the rule as the docstring words it."""
    seen, roles = Counter(), []
    for label in labels:
        roles.append({4: "val", 5: "test"}.get(seen[label] % 6, "train"))
        seen[label] += 1
    return roles


def test_splits_follow_the_rule():
    made = DigitsReader()()
    values, labels = load_digit_values()
    roles = roles_by_counting(labels.tolist())
    for name, split in (("train", made.train), ("val", made.val), ("test", made.test)):
        members = [i for i, role in enumerate(roles) if role == name]
        assert split.labels.tolist() == labels[members].tolist()
        assert torch.equal(
            (split.images.float() * 16 / 255).round().byte(), torch.from_numpy(values[members])
        )


def test_counts_and_stratification():
    made = DigitsReader()()
    assert made.counts == {"train": 1204, "val": 297, "test": 296}
    assert sum(made.counts.values()) == 1797
    for split in (made.val, made.test):
        assert set(split.labels.bincount().tolist()) == {29, 30}


def test_splits_are_disjoint():
    _, labels = load_digit_values()
    in_val, in_test = digit_roles(torch.from_numpy(labels).long())
    assert not (in_val & in_test).any()


def test_a_selection_is_needed():
    with pytest.raises(UserError, match=r"^selection=None is unknown: choose one of validation, test"):
        DigitsReader(selection=None)


def test_selection_on_test_trains_on_the_rest():
    made = DigitsReader(selection="test")()
    assert made.counts == {"train": 1501, "val": 296, "test": 296}


def test_black_and_white():
    """Value 16 is white; 8 of 16 is 127.5 of 255, rounded to the even 128."""
    values, _ = load_digit_values()
    images = torch.cat([split.images for split in (DigitsReader()().train, DigitsReader()().test)])
    assert values.max() == 16
    assert images.max() == 255
    assert images.min() == 0
    assert {0, 128, 255} <= set(images.flatten().tolist())
    assert len(images.unique()) == 17


def test_other_data_is_refused(monkeypatch):
    bunch = datasets.load_digits()
    bunch.images[0, 0, 0] += 1
    monkeypatch.setattr(datasets, "load_digits", lambda: bunch)
    with pytest.raises(UserError, match="other data than the 1,797 digits"):
        DigitsReader()()
