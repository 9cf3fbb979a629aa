"""Which runs are averaged, which are put side by side, and which are not."""

from pathlib import Path

import pytest

from lga.results.collect import CollectedRun
from lga.results.comparison import compare
from tests.results.made_records import made_config, made_record


def collected(**fields):
    return CollectedRun(Path("runs"), made_record(**fields))


def test_seeds_are_averaged_and_attentions_stand_side_by_side():
    tops = {"none": [90.0, 91.0, 92.0], "se": [91.0, 93.0, 95.0], "lga": [90.0]}
    runs = [
        collected(attention=a, seed=s, top1=top) for a, values in tops.items() for s, top in enumerate(values)
    ]
    (comparison,) = compare(runs)
    assert [group.attention for group in comparison.groups] == ["none", "lga", "se"]
    none, lga, se = comparison.groups
    assert comparison.metric == "top1"
    assert (none.estimates["top1"].mean, none.estimates["top1"].n) == (91.0, 3)
    assert (se.estimates["top1"].mean, se.differences["top1"].mean) == (93.0, pytest.approx(2.0))
    # Differences 1, 2, 3 of se; the one value of lga says nothing of the spread, but makes a second test.
    assert (se.differences["top1"].n, lga.differences["top1"].n) == (3, 1)
    half = 2 - se.differences["top1"].low
    assert 4.30265 / 3**0.5 < half < 1.5 * 4.30265 / 3**0.5
    assert lga.differences["top1"].low is not None
    assert none.differences == {}


def test_runs_of_different_recipes_are_never_averaged():
    comparisons = compare([collected(seed=0, epochs=20), collected(seed=1, epochs=30)])
    assert [len(comparison.groups[0].runs) for comparison in comparisons] == [1, 1]
    assert [comparison.distinction for comparison in comparisons] == ["recipe.epochs=20", "recipe.epochs=30"]


def test_runs_of_two_start_rules_are_neither_averaged_nor_paired():
    new = {**made_config(attention="se"), "start": "by_slot"}
    old, other = compare([collected(seed=0), collected(attention="se", config=new)])
    assert [old.distinction, other.distinction] == ["start=unset", "start=by_slot"]
    assert other.groups[0].differences == {}


def test_settings_of_one_attention_make_groups_of_one_comparison():
    config = made_config(attention="se", seed=1)
    config["attention"]["block"]["reduction"] = 8
    (comparison,) = compare(
        [collected(), collected(attention="se"), collected(attention="se", seed=1, config=config)]
    )
    assert [(group.attention, group.distinction) for group in comparison.groups] == [
        ("none", ""),
        ("se", "attention.block.reduction=unset"),
        ("se", "attention.block.reduction=8"),
    ]


@pytest.mark.parametrize("other", [{"dataset": "mnist"}, {"backbone": "resnet18"}, {"scale": "smoke"}])
def test_datasets_networks_and_scales_are_kept_apart(other):
    assert len(compare([collected(), collected(seed=1, **other)])) == 2


def test_a_repeated_seed_counts_once_by_its_last_run():
    first = collected(top1=90.0, ended="2026-11-22T10:00:00+00:00")
    again = collected(top1=94.0, ended="2026-11-22T11:00:00+00:00")
    (comparison,) = compare([again, first])
    assert comparison.groups[0].runs == (again,)
    assert comparison.groups[0].estimates["top1"].n == 1


def test_failed_runs_are_not_compared():
    assert compare([collected(status="failed", metrics={}, score=None)]) == ()


def test_without_the_baseline_there_is_no_difference():
    (comparison,) = compare([collected(attention="se"), collected(attention="lga")])
    assert all(group.differences == {} for group in comparison.groups)


def test_a_metric_that_one_seed_lacks_is_averaged_over_the_others():
    (comparison,) = compare(
        [collected(metrics={"top1": 90.0}), collected(seed=1, metrics={"top1": 92.0, "top5": 99.0})]
    )
    assert comparison.groups[0].estimates["top5"].n == 1
    assert comparison.groups[0].estimates["top1"].mean == 91.0
