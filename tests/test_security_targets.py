"""Configs that name code to run: each attack would leave a file, none does; own modules need no word."""

import copy
import re
import sys
from functools import cache

import pytest

from lga.run.build import build_network, make
from lga.run.compose import CONFIG_DIR
from lga.run.config_errors import composed_or_told
from lga.run.identity import freeze
from lga.run.targets import _refusal as refusal
from lga.run.targets import check_arguments
from lga.structures import UserError
from tests.run.cells import cell

STANDARD = "could run anything by such a name"
ATTACKS = {
    "os.system": STANDARD,
    "os.mkdir": STANDARD,
    "posix.system": STANDARD,
    "builtins.eval": STANDARD,
    "builtins.exec": STANDARD,
    "builtins.open": STANDARD,
    "subprocess.run": STANDARD,
    "subprocess.Popen": STANDARD,
    "shutil.rmtree": STANDARD,
    "runpy.run_path": STANDARD,
    "pickle.loads": STANDARD,
    "importlib.import_module": STANDARD,
    "pathlib.Path": STANDARD,
    "torch.load": "torch is an installed package",
    "torch.hub.load": "torch is an installed package",
    "torch.nnn.Linear": "torch is an installed package",
    "numpy.load": "numpy is an installed package",
    "joblib.load": "joblib is an installed package",
    "wandb.init": "wandb is an installed package",
    "hydra.utils.instantiate": "hydra is an installed package",
    "hydra.utils.get_method": "hydra is an installed package",
    "omegaconf.OmegaConf.load": "omegaconf is an installed package",
    "lga.run.build.make": STANDARD,
    "lga.run.build.instantiate": STANDARD,
    "lga.structures.files.write_text": STANDARD,
    "lga.data.detection.tile_store.Path": "it is Path of pathlib",
    "lga.data.preparation.extraction.shutil": "cannot be imported|refused",
    "torch.nn.modules.module.OrderedDict": "it is OrderedDict of collections",
    "lga.attention._not_there": "a leading underscore",
    "outputs.evil.Block": "no package of yours, it has no __init__.py|No module named 'outputs'",
    "eval": "its module is missing",
    "": "its module is missing",
}


@cache
def composed():
    return composed_or_told(["dataset=digits", "mode=describe"])


def described():
    return copy.deepcopy(composed())


@pytest.mark.parametrize("target", ATTACKS)
def test_a_target_that_is_not_of_the_list_is_refused(target):
    config = described()
    config.attention.block = {"_target_": target}
    with pytest.raises(UserError, match=ATTACKS[target]) as error:
        build_network(config)
    assert f"attention.block._target_={target}" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "nested",
    [
        {"channels": {"_target_": "os.mkdir", "path": "made"}},
        {"channels": [1, {"a": {"_target_": "os.mkdir", "path": "made"}}]},
        {"_args_": [{"_target_": "os.mkdir", "path": "made"}]},
        {"_args_": [{"_target_": "lga.data.detection.tile_store.Path", "_args_": ["made"]}]},
    ],
)
def test_a_target_further_down_is_refused_before_anything_runs(nested, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = described()
    config.attention.block = {"_target_": "lga.attention.NoAttention", **nested}
    with pytest.raises(UserError, match="refused"):
        build_network(config)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "place",
    ["dataset.reader", "task.data", "task.module", "task.model", "recipe.optimizer", "backbone.network"],
)
def test_no_part_of_a_config_is_left_out(place):
    group, name = place.split(".")
    node = described()[group][name]
    node["_target_"] = "os.system"
    with pytest.raises(UserError, match=rf"{place}\._target_=os\.system: refused"):
        make(node, place)


def test_a_foreign_experiment_file_cannot_run_a_program(tmp_path):
    """As it would be sent: an experiment file, added to the search path, whose block makes a folder."""
    (tmp_path / "experiment").mkdir()
    made = tmp_path / "made"
    (tmp_path / "experiment" / "sent.yaml").write_text(
        f"# @package _global_\nattention:\n  block:\n    _target_: os.mkdir\n    path: {made}\n"
    )
    config = composed_or_told(["experiment=sent", f"hydra.searchpath=[file://{tmp_path}]"])
    with pytest.raises(UserError, match=r"attention\.block\._target_=os\.mkdir: refused"):
        build_network(config)
    assert not made.exists()


def test_the_config_of_a_runs_folder_cannot_run_a_program_when_it_is_run_again(tmp_path):
    """A foreign run's overrides, given again as its record tells them."""
    made = tmp_path / "made"
    overrides = ["attention.block._target_=os.mkdir", f"+attention.block.path={made}"]
    with pytest.raises(UserError, match="refused"):
        build_network(cell(tmp_path, *overrides).cfg)
    assert not made.exists()


@pytest.mark.parametrize(
    "argument",
    [
        "+hydra.callbacks.x={_target_:os.mkdir,path:made}",
        "++hydra.callbacks.x._target_=os.mkdir",
        "hydra.launcher._target_=os.mkdir",
        "hydra.job_logging.handlers.file.()=os.mkdir",
        "hydra.hydra_logging.handlers.x.class=os.mkdir",
        "hydra={callbacks:{x:{_target_:os.mkdir}}}",
        "--experimental-rerun=run.pickle",
        "--experimental-rerun",
    ],
)
def test_what_hydra_itself_would_run_is_not_taken_on_the_command_line(argument):
    with pytest.raises(UserError, match="names code that Hydra runs"):
        check_arguments(["dataset=digits", argument])


def test_hydras_other_settings_are_taken():
    check_arguments(
        [
            "-m",
            "hydra/launcher=joblib",
            "hydra.launcher.jobs_per_device=2",
            "hydra.searchpath=[file://x]",
            "--cfg=job",
        ]
    )


def write_module(
    folder, monkeypatch, name, text="from torch.nn import Identity\nclass Block(Identity): ...\n"
):
    path = folder / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    monkeypatch.syspath_prepend(str(folder))


def block(target):
    config = described()
    config.attention.block = {"_target_": target, "_partial_": True}
    return make(config.attention.block, "attention.block")


def test_a_module_of_ones_own_needs_nothing_said(tmp_path, monkeypatch):
    write_module(tmp_path, monkeypatch, "own_module_a")
    assert block("own_module_a.Block")() is not None


def test_what_ones_own_module_imports_is_not_ones_own(tmp_path, monkeypatch):
    write_module(tmp_path, monkeypatch, "own_module_b", "from os import mkdir\nfrom subprocess import run\n")
    for name in ("mkdir", "run"):
        with pytest.raises(UserError, match=f"it is {name} of"):
            block(f"own_module_b.{name}")


def test_an_installed_package_is_named_in_the_environment(tmp_path, monkeypatch):
    write_module(tmp_path / "site-packages", monkeypatch, "installed_module_c")
    with pytest.raises(UserError, match="set LGA_ALLOW=installed_module_c in the environment"):
        block("installed_module_c.Block")
    assert "installed_module_c" not in sys.modules
    monkeypatch.setenv("LGA_ALLOW", "other, installed_module_c")
    assert block("installed_module_c.Block")() is not None


def test_the_standard_library_cannot_be_allowed(monkeypatch):
    monkeypatch.setenv("LGA_ALLOW", "os,lga")
    for target in ("os.mkdir", "lga.run.build.make"):
        with pytest.raises(UserError, match="refused"):
            block(target)


def test_a_file_that_a_runs_folder_brings_is_not_ones_own(tmp_path, monkeypatch):
    """Below the current folder Python would import it, as part of a namespace package."""
    write_module(
        tmp_path / "runs_d" / "digits", monkeypatch, "evil", f"open({str(tmp_path / 'made')!r}, 'w')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match="the folder runs_d is no package of yours"):
        block("runs_d.digits.evil.Block")
    assert not (tmp_path / "made").exists()


def test_every_target_of_the_projects_own_configs_is_allowed():
    texts = [path.read_text() for path in CONFIG_DIR.rglob("*.yaml") if "hydra" not in path.parts]
    named = {name for text in texts for name in re.findall(r"_target_: *([\w.]+)", text)}
    assert len(named) > 30
    assert {name: refusal(name) for name in named if refusal(name)} == {}


@pytest.mark.parametrize("name", ["../../outside", "/tmp/outside", "a/b", "..", ".hidden", "a\nb", ""])
@pytest.mark.parametrize("group", ["dataset", "backbone", "attention", "detector"])
def test_a_name_cannot_lead_out_of_the_outputs(tmp_path, group, name):
    config = described()
    config[group]["name"], config.paths.output_dir = name, str(tmp_path)
    with pytest.raises(UserError, match=rf"{group}\.name="):
        freeze(config)
