"""The runs of an experiment are those that its sweep would start."""

import pytest

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.config.grid import experiment_runs
from lga.system.errors import UserError


def test_a_run_is_the_one_that_the_command_line_composes():
    runs = experiment_runs("table3", ["dataset=visdrone,gwhd", "seed=4,5", "trainer=smoke"])
    assert [(run.cell.dataset, run.cell.attention, run.cell.seed) for run in runs] == [
        (dataset, attention, seed)
        for dataset in ("visdrone", "gwhd")
        for attention in ("none", "lga")
        for seed in (4, 5)
    ]
    overrides = ["experiment=table3", "dataset=gwhd", "attention=none", "seed=5", "trainer=smoke"]
    assert runs[5].config_hash == freeze(compose(overrides)).config_hash
    assert runs[5].overrides == (
        "experiment=table3",
        "dataset=gwhd",
        "attention=none",
        "seed=5",
        "trainer=smoke",
    )


def test_where_images_choose_the_epoch_the_chosen_epoch_is_judged():
    runs = experiment_runs("sensitivity_selection")
    assert {run.config["recipe"]["select"] for run in runs} == {"best"}
    assert {run.config["dataset"]["selection"] for run in runs} == {"test", "validation"}


@pytest.mark.parametrize(
    ("experiment", "overrides", "message"),
    [
        ("table9", [], "experiment=table9: no such option; did you mean table"),
        ("table1", ["sed=1"], "sed: no such key; did you mean seed?"),
        ("table1", ["dataset=coco20"], "dataset=coco20: no such option"),
        ("table1", ["dataset=digits"], "recipe/published/mobilenetv3=digits: no such option"),
    ],
)
def test_mistakes_are_reported(experiment, overrides, message):
    with pytest.raises(UserError, match=message):
        experiment_runs(experiment, overrides)
