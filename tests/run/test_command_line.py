"""What a user's mistake prints: one line that names what would be valid. In one process where possible."""

import json
import re
import subprocess
import sys

import pytest

from lga.config.compose import composed_or_explained
from lga.config.frozen_run import freeze
from lga.run import command_line
from lga.run.execute import execute
from lga.system.errors import UserError
from tests.run.cells import ROOT, cell, run_py


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("attention=lgaa", "attention=lgaa: no such option; did you mean lga? valid: cbam, eca, lga"),
        ("dataset=mnst", "did you mean mnist? valid: coco, coco2017, coco_minitrain, digit_scenes"),
        ("datset=digits", "datset: no such key; did you mean dataset?"),
        ("trainer.max_epoch=3", "trainer.max_epoch: no such key of trainer; did you mean max_epochs?"),
        ("attention.block.hedas=3", "attention.block.hedas: no such key of attention.block"),
        ("trainer.max_epochs=abc", "trainer.max_epochs=abc: a whole number"),
        ("dataset.folds=five", "dataset.folds=five: a whole number"),
        ("recipe.weight_decay=[1]", "recipe.weight_decay=[1]: a number"),
        ("attention=", "attention=: no such option; valid: cbam"),
    ],
)
def test_a_mistyped_override_is_one_line_naming_the_valid_ones(override, expected):
    with pytest.raises(UserError) as error:
        composed_or_explained(["attention=lga", override] if "block" in override else [override])
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


def test_a_key_added_with_plus_is_refused_too():
    with pytest.raises(Exception, match="Key 'foo' not in 'TrainerConfig'"):
        freeze(composed_or_explained(["+trainer.foo=3"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trainer:\n  max_epoch: 3\n", "trainer.max_epoch: no such key of trainer; did you mean max_epochs?"),
        ("sede: 3\n", "sede: no such key; did you mean seed?"),
        (
            "attention:\n  block:\n    hedas: 3\n",
            "attention.block.hedas: no such setting of lga.attention.NoAttention",
        ),
    ],
)
def test_a_mistyped_key_in_an_experiment_file_is_an_error(tmp_path, text, expected):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "typo.yaml").write_text(f"# @package _global_\n{text}")
    finished = run_py("experiment=typo", f"hydra.searchpath=[file://{tmp_path}]", "mode=describe")
    assert finished.returncode == 1
    assert expected in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_contradiction_of_task_and_dataset_is_an_error(tmp_path):
    with pytest.raises(
        UserError, match="task=classification does not fit dataset=digits, which is for detection"
    ):
        execute(cell(tmp_path, "dataset.task=detection"))


def test_a_bad_keyword_of_a_target_names_the_valid_ones(tmp_path):
    config = composed_or_explained(["attention=lga", "mode=describe"])
    config.attention.block = {"_target_": "lga.attention.LocalGlobalAttention", "_partial_": True, "hedas": 6}
    with pytest.raises(
        UserError, match=r"attention\.block\.hedas: no such setting .* valid: channels, heads"
    ):
        execute(freeze(config))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nope.Block", "cannot be imported: No module named 'nope'"),
        ("torch.nn.Nope", "cannot be imported: module 'torch.nn' has no attribute 'Nope'"),
        ("torch.nn", "it is no class or function"),
        ("", "cannot be imported: invalid format: ''"),
        (
            "torch.nn.Linear",
            "of its slot alone: missing a required argument: 'out_features'",
        ),
    ],
)
def test_a_target_that_does_not_fit_is_one_line(tmp_path, target, message):
    run = cell(tmp_path, "mode=describe", f"attention.block._target_='{target}'")
    with pytest.raises(UserError, match=rf"attention\.block\._target_={target}: .*{message}"):
        execute(run)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["attention=se", "attention.block.reduction=1.5"],
            "attention.block.reduction=1.5: expected a whole",
        ),
        (
            ["attention=eca", "attention.block.kernel_size=abc"],
            "attention.block.kernel_size=abc: expected a ",
        ),
        (
            ["recipe=paper_sgd", "recipe.optimizer.nesterov=3"],
            "recipe.optimizer.nesterov=3: expected true or",
        ),
        (["recipe=paper_sgd", "recipe.optimizer.momentum=0"], "recipe.optimizer: Nesterov momentum requires"),
        (["metrics=f1", "metrics.f1.average=foo"], "metrics.f1: Expected argument `average` to be one of"),
    ],
)
def test_a_value_that_a_target_does_not_take_is_one_line(tmp_path, overrides, message):
    with pytest.raises(UserError, match=f"^{re.escape(message)}") as error:
        execute(cell(tmp_path, *overrides))
    assert "\n" not in str(error.value)


def test_a_block_of_an_installed_package_stands_in_the_slot(tmp_path, capsys):
    """timm's ECA in eca's place: one kernel of three."""
    execute(
        cell(
            tmp_path,
            "mode=describe",
            "mode.json=true",
            "attention=eca",
            "attention.block._target_=timm.layers.EcaModule",
        )
    )
    assert json.loads(capsys.readouterr().out)["attention_parameters"] == 3


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    finished = run_py("logger=csv", f"paths.output_dir={in_the_way}")
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert "Not a directory; choose another folder with paths.output_dir=" in finished.stderr


def test_zero_is_a_seed():
    assert freeze(composed_or_explained(["seed=0"])).cell.seed == 0
    assert (
        freeze(composed_or_explained(["seed=0"])).config_hash
        != freeze(composed_or_explained(["seed=1"])).config_hash
    )


@pytest.mark.parametrize("argument", ["--help", "--cfg=job"])
def test_help_and_cfg_do_not_import_torch(argument):
    program = (
        f"import sys, runpy; sys.argv = ['run.py', {argument!r}]\n"
        "try:\n    runpy.run_path('run.py', run_name='__main__')\n"
        "finally:\n"
        "    heavy = {'torch', 'wandb', 'pytorch_lightning', 'numpy'}\n"
        "    print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert "heavy: []" in finished.stdout


@pytest.mark.parametrize(("given", "message"), [([], command_line.STOPPED), (["mode=predict"], "stopped")])
def test_a_stop_speaks_of_checkpoints_where_there_are_some(monkeypatch, capsys, given, message):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")  # which it sets
    monkeypatch.setattr(command_line.signal, "signal", lambda number, handler: None)
    monkeypatch.setattr("sys.argv", ["run.py", "dataset=digits", *given])
    monkeypatch.setattr(command_line, "run_one", stopped)
    with pytest.raises(SystemExit, match="130"):
        command_line.main()
    assert capsys.readouterr().err == f"{message}\n"
