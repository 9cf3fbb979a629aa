"""Leaks between splits, of each way by hand; training holds images 1 to 4, validation 5 and test 6."""

from dataclasses import replace

import pytest

from lga.data.inspection.leaks import Likeness, find_leaks, split_names
from lga.data.published import SplitPlan

PLAN = SplitPlan(("train",), "val", "test", who="tests")
DECLARED = replace(PLAN, leak="some images are seen before")
ALONE = {"train": ["t/1", "t/2", "t/3", "t/4"], "val": ["v/5"], "test": ["s/6"]}


def likeness(content=None, group_of=str):
    names = [*ALONE["train"], "v/5", "s/6", "s/1"]
    return Likeness(content or {}, {name: name.split("/")[1] for name in names}, group_of)


def found(plan, splits, alike):
    return [(leak.splits, leak.how, leak.declared, leak.shared) for leak in find_leaks(plan, splits, alike)]


def test_nothing_leaks():
    assert found(PLAN, ALONE, likeness()) == []


@pytest.mark.parametrize("plan", [PLAN, DECLARED])
def test_a_shared_part_is_what_a_plan_may_declare(plan):
    splits = ALONE | {"val": ["s/6"]}
    assert found(plan, splits, likeness()) == [(("val", "test"), "same file", plan is DECLARED, [("s/6",)])]


def test_content_is_never_declared():
    alike = likeness(content={"t/3": 0, "s/6": 0, "v/5": 1})
    assert found(DECLARED, ALONE, alike) == [(("train", "test"), "same content", False, [("t/3", "s/6")])]


def test_a_name_counts_once():
    """s/1 bears the name of t/1; where they are of the same content too, that is what is reported."""
    splits = ALONE | {"test": ["s/1"]}
    assert found(DECLARED, splits, likeness()) == [(("train", "test"), "same name", False, [("t/1", "s/1")])]
    alike = likeness(content={"t/1": 7, "s/1": 7})
    assert [how for _, how, _, _ in found(PLAN, splits, alike)] == ["same content"]


@pytest.mark.parametrize("plan", [PLAN, DECLARED])
def test_a_group_in_two_splits(plan):
    video = {"t/1": "A", "t/2": "A", "t/3": "B", "t/4": "C", "v/5": "C", "s/6": "A"}
    assert found(plan, ALONE, likeness(group_of=video.get)) == [
        (("train", "val"), "same group", plan is DECLARED, [("C", "t/4", "v/5")]),
        (("train", "test"), "same group", plan is DECLARED, [("A", "t/1", "s/6")]),
    ]


def test_images_that_are_held_out():
    """Of four groups, fewer than twelve, the last is held out."""
    plan = SplitPlan(("one", "two"), None, "test", who="tests")
    names = {"one": ["a1", "d1"], "two": ["b1", "c1", "d2"], "test": ["e1"]}
    splits = split_names(plan, names.get, lambda name: name[0])
    assert splits == {"train": ["a1", "b1", "c1"], "val": ["d1", "d2"], "test": ["e1"]}


def test_validation_that_is_the_test_split_is_reported_once():
    """t/1 has the name of s/1, which both selects and is reported."""
    plan = SplitPlan(("train",), "test", "test", who="tests", leak="selected on what is reported")
    splits = {"train": ALONE["train"], "val": ["s/1"], "test": ["s/1"]}
    assert found(plan, splits, likeness()) == [
        (("train", "test"), "same name", False, [("t/1", "s/1")]),
        (("val", "test"), "same file", True, [("s/1",)]),
    ]
