"""Errors of what a node makes name the argument after the node's key; a config may name what has moved."""

import json
from pkgutil import resolve_name

import pytest
from omegaconf import OmegaConf

import lga
from lga.config.compose import compose
from lga.config.frozen_run import FrozenRun, freeze
from lga.config.instantiation import MOVED, make, naming
from lga.results.experiments import FOLDER
from lga.results.settings import recipe
from lga.system.errors import UserError


@pytest.mark.parametrize("before", MOVED)
def test_both_names_are_one(before):
    now = MOVED[before]
    runs = [FrozenRun({"a": {"_target_": name}}) for name in (before, now)]
    assert runs[0].config_hash == runs[1].config_hash
    assert recipe(runs[0].config) == recipe(runs[1].config)
    assert callable(resolve_name(now))


def test_a_config_may_use_the_old_names():
    inner = {"_target_": "lga.data.detection.DetectionAugmentation", "mosaic": 0.5}
    node = {"_target_": "lga.data.detection.DetectionData", "_partial_": True, "augmentation": inner}
    made = make(OmegaConf.create(node), "task.data").__wrapped__
    assert made.func is resolve_name(MOVED[node["_target_"]])
    assert made.keywords["augmentation"] == resolve_name(MOVED[inner["_target_"]])(mosaic=0.5)


@pytest.mark.parametrize(
    ("overrides", "before"),
    [
        (["experiment=table1_short", "dataset=mnist", "attention=none", "seed=1"], "0dd0263d"),
        (["experiment=table1_short", "dataset=mnist", "attention=mhsa", "seed=1"], "8a118fcf"),
    ],
)
def test_a_runs_hash_is_that_of_before_the_moves(overrides, before):
    assert freeze(compose(overrides)).config_hash.startswith(before)


def test_kept_records_and_what_is_composed_today_have_one_recipe():
    """The embedded study's records are older than the moves; their data module moved."""
    record = json.loads(sorted((FOLDER / "embedded" / "records").glob("*digits*none*"))[0].read_text())
    before = recipe(record["config"])
    assert before["task.data._target_"] == "lga.data.classification_data.ClassificationData"
    now = recipe(freeze(compose(["dataset=digits"])).config)
    assert now["task.data._target_"] == before["task.data._target_"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("attention.block.heads=5", r"^attention\.block: heads=5 does not divide 24 channels; set one of "),
        ("attention.block.scales=-1", r"^attention\.block: scales=-1 "),
        ("backbone.network.scale=q", r"^backbone\.network: scale='q' is unknown"),
    ],
)
def test_the_key_of_the_node_comes_first(override, message):
    with pytest.raises(UserError, match=message):
        lga.build_model(["attention=lga_variant", override])


def test_only_the_innermost_key_is_named():
    with (
        pytest.raises(UserError, match=r"^attention\.block: wrong$"),
        naming("backbone"),
        naming("attention.block"),
    ):
        raise UserError("wrong")
