"""Every option of every group composes, and its target can be built: the YAML files are the only registry."""

import pytest

from lga.config.compose import CONFIG_DIR, compose
from lga.config.frozen_run import freeze
from lga.config.grid import experiment_files
from lga.config.instantiation import make
from lga.run.build import build_optimization

GROUPS = sorted(
    path for path in CONFIG_DIR.iterdir() if path.is_dir() and path.name not in ("hydra", "experiment")
)
OPTIONS = [
    f"{group.name}={option.stem}"
    for group in GROUPS
    for option in sorted(group.glob("*.yaml"))
    if not option.stem.startswith("_") and "name: ???" not in option.read_text()  # a set of one's own
]
OF_DETECTION = {"task=detection", "recipe=digit_scenes"} | {
    option for option in OPTIONS if option.startswith("detector=") and option != "detector=none"
}
EXPERIMENTS = sorted(experiment_files())


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_composes_and_its_targets_exist(option):
    group = option.split("=")[0]
    dataset = ["dataset=digit_scenes"] if option in OF_DETECTION else []
    cfg = freeze(compose([*dataset, option])).cfg
    assert cfg[group].get("name", option.split("=")[1])
    if group == "attention":
        block = make(cfg.attention.block, "attention.block")(channels=24)
        assert sum(parameter.numel() for parameter in block.parameters()) >= 0
    if group == "recipe":
        assert build_optimization(cfg).schedule.epochs == cfg.recipe.epochs


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_composes(experiment):
    assert freeze(compose([f"experiment={experiment}"])).config["logger"]["group"] == experiment
