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
    # Differences 1, 2, 3 of se; the one value of lga decides nothing, and is no second test.
    assert (se.differences["top1"].n, lga.differences["top1"].n) == (3, 1)
    assert 2 - se.differences["top1"].low == pytest.approx(4.30265 / 3**0.5, abs=1e-4)
    assert lga.differences["top1"].low is None
    assert none.differences == {}


def test_runs_of_different_recipes_are_never_averaged():
    comparisons = compare([collected(seed=0, epochs=20), collected(seed=1, epochs=30)])
    assert [len(comparison.groups[0].runs) for comparison in comparisons] == [1, 1]
    assert [comparison.distinction for comparison in comparisons] == ["20 epochs", "30 epochs"]


def test_runs_of_two_start_rules_are_neither_averaged_nor_paired():
    new = {**made_config(attention="se"), "start": "by_slot"}
    old, other = compare([collected(seed=0), collected(attention="se", config=new)])
    assert [old.distinction, other.distinction] == [
        "first weights of the older rule",
        "first weights drawn by slot",
    ]
    assert other.groups[0].differences == {}


def test_settings_of_one_attention_make_groups_of_one_comparison():
    config = made_config(attention="se", seed=1)
    config["attention"]["block"]["reduction"] = 8
    (comparison,) = compare(
        [collected(), collected(attention="se"), collected(attention="se", seed=1, config=config)]
    )
    assert [(group.attention, group.distinction) for group in comparison.groups] == [
        ("none", ""),
        ("se", "reduction unset"),
        ("se", "reduction 8"),
    ]


def with_settings(config, **groups):
    return {**config, **{name: {**config.get(name, {}), **keys} for name, keys in groups.items()}}


def test_keys_at_their_defaults_that_older_records_lack_are_no_difference():
    """Old records of the block and others, newer ones of `none`: one group, with differences."""
    newer = with_settings(
        made_config(),
        data={"train_share": 1.0},
        backbone={"slots": None, "checkpoint_sha256": None, "pyramid": None},
    )
    runs = [
        collected(config=newer, top1=45.04),
        collected(attention="lga", top1=43.72),
        collected(attention="se"),
    ]
    (comparison,) = compare(runs)
    assert comparison.distinction == ""
    assert comparison.groups[1].differences["top1"].mean == pytest.approx(-1.32)


def swept(epochs, data, scale):
    """A config with settings in the two places where a resolved one has them."""
    return with_settings(
        made_config(epochs=epochs),
        data={"cache": "none", **data},
        task={"data": {"epochs": epochs}},
        backbone={"scale": scale, "network": {"_target_": "lga.backbones.MobileNetV3", "scale": scale}},
    )


def test_groups_are_named_by_what_tells_them_apart_in_words():
    """What is handed on to other settings is said once; a share that an older record lacks is all images."""
    found = compare(
        [
            collected(config=swept(*message))
            for message in ((30, {}, "n"), (12, {}, "n"), (12, {"train_share": 0.25}, "n"), (12, {}, "s"))
        ]
    )
    assert sorted(comparison.distinction for comparison in found) == [
        "12 epochs, scale n, 100 % of the training images",
        "12 epochs, scale n, 25 % of the training images",
        "12 epochs, scale s, 100 % of the training images",
        "30 epochs, scale n, 100 % of the training images",
    ]


def of_machine(cpu, commit, **fields):
    made = made_record(**fields)
    environment, code = {**made.environment, "cpu": cpu, "cores": 2}, {**made.code, "commit": commit * 40}
    return CollectedRun(Path("runs"), made.model_copy(update={"environment": environment, "code": code}))


def test_of_several_runs_those_of_one_machine_and_code_count():
    """Three attentions of one machine, two of them run again later on another: the three stay together."""
    first = [
        of_machine("Xeon", "7", attention=a, seed=s, top1=97.0)
        for a in ("none", "lga", "eca")
        for s in (1, 2)
    ]
    ended = "2026-11-28T00:00:00+00:00"
    again = [
        of_machine("EPYC", "a", attention=a, seed=s, top1=98.65, ended=ended)
        for a in ("none", "lga")
        for s in (1, 2)
    ]
    (comparison,) = compare([*again, *first])
    assert {run.origin for group in comparison.groups for run in group.runs} == {"2 cores, Xeon, at 77777777"}
    assert comparison.mixture == ""
    (comparison,) = compare([*again, *first[4:]])
    message = "2 cores, EPYC, at aaaaaaaa (none; lga), and 2 cores, Xeon, at 77777777 (eca)"
    assert comparison.mixture == f"Runs of different machines or code are compared: {message}"


def test_of_two_whole_blocks_the_later_counts():
    """Their runs end in turns, so that the last of each cell would be of either."""
    ends = {("Xeon", 1): "01", ("EPYC", 1): "02", ("EPYC", 2): "03", ("Xeon", 2): "04"}
    runs = [
        of_machine(m, "7", seed=seed, ended=f"2026-11-{day}T00:00:00+00:00")
        for (m, seed), day in ends.items()
    ]
    (comparison,) = compare(runs)
    assert [run.origin for run in comparison.groups[0].runs] == ["2 cores, Xeon, at 77777777"] * 2


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
