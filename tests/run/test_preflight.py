"""Mistakes in values, files, mode, source and device: one line each, before torch is imported."""

import os
import re
import subprocess
import sys
import typing
from dataclasses import is_dataclass
from pathlib import Path

import pytest

from lga.backbones.backbone import SCALES
from lga.config.compose import CONFIG_ERRORS, compose, composed_or_explained, explain
from lga.config.frozen_run import freeze
from lga.config.schema import Config, Start
from lga.run import preflight
from lga.run.devices import device_sets
from lga.run.devices.device_sets import check_devices
from lga.run.execute import _is_unfinished
from lga.run.folder.record import read_record, write_record
from lga.run.preflight import run_with_weights
from lga.system.errors import UserError
from tests.results.runs import made_run
from tests.run.cells import ROOT, cell, run_py

SCENES = "dataset=digit_scenes"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("recipe.epochs=0", "recipe.epochs=0: at least 1"),
        ("recipe.epochs=-1", "recipe.epochs=-1: at least 1"),
        ("trainer.max_epochs=0", "trainer.max_epochs=0: at least 1"),
        ("recipe.optimizer.lr=-1", "recipe.optimizer.lr=-1: at least 0"),
        ("recipe.optimizer.lr=nan", "recipe.optimizer.lr=nan: a finite number"),
        ("recipe.optimizer.lr=.nan", "recipe.optimizer.lr=.nan: a valid number"),
        ("recipe.optimizer.lr=1e-3f", "recipe.optimizer.lr=1e-3f: a valid number"),
        ("recipe.optimizer.betas=[1,0.9]", "recipe.optimizer.betas.0=1: below 1"),
        ("recipe.weight_decay=inf", "recipe.weight_decay=inf: a finite number"),
        ("recipe.ema_ramp_steps=0", "recipe.ema_ramp_steps=0.0: above 0"),
        ("recipe.select=sometimes", "recipe.select=sometimes: valid: best, last"),
        ("trainer.threads=-2", "trainer.threads=-2: at least 1"),
        ("trainer.devices=0", "trainer.devices=0: at least 1"),
        ("trainer.precision=fp16", "trainer.precision=fp16: valid: 32-true, bf16-mixed"),
        ("trainer.accelerator=tpu", "trainer.accelerator=tpu: valid: auto, cpu, gpu, cuda, mps"),
        ("trainer.limit_train_batches=0", "trainer.limit_train_batches=0: at least 1"),
        ("seed=1180591620717411303424", "seed=1180591620717411303424: at most 4294967295"),
        ("seed=-1", "seed=-1: at least 0"),
        ("dataset.image_size=0", "dataset.image_size=0: at least 1"),
        ("mode.confidence=25", "mode.confidence=25.0: at most 1"),
        ("mode.split=tset", "mode.split=tset: valid: test, val"),
        ("data.train_share=0", "data.train_share=0.0: above 0"),
        ("data.cache=ram", "data.cache=ram: valid: none, memory, disk"),
        ("data.on_error=warn", "data.on_error=warn: valid: raise, skip"),
        (f"{SCENES} recipe.detection.scale=1", "recipe.detection.scale=1.0: below 1"),
        ("logger.project=''", "logger.project=: 1 to 128 letters, no /"),
        ("logger.project=a/b", "logger.project=a/b: 1 to 128 letters, no /"),
        (f"paths.output_dir={'a' * 300}", "paths.output_dir=aaa*: a path of 1 to 512"),
        (f"paths.run_dir='{'é' * 150}'", "paths.run_dir=é*: a path of 1 to 512"),
        (f"logger.tags=[{'a' * 65}]", f"logger.tags.0={'a' * 65}: at most 64 characters"),
        ("paths.output_dir=''", "paths.output_dir=: a path of 1 to 512 characters"),
        ("mode.out=''", "mode.out=: a path of 1 to 512 characters"),
        ("weights=''", "weights=: a path of 1 to 512 characters"),
        ("mode.untrained=2", "mode.untrained=2: true or false"),
        ("trainer.compile=0", "trainer.compile=0: true or false"),
        ("data.subset=maybe", "data.subset=maybe: true or false"),
        ("dataset.image_size=100000", "dataset.image_size=100000: at most 4096"),
        ("dataset.num_classes=2000000000", "dataset.num_classes=2000000000: at most 65536"),
        ("dataset.splits=thirds", "dataset.splits: this dataset has no such setting"),
        (f"{SCENES} dataset.selection=test", "dataset.selection: this dataset has no such setting"),
        ("backbone.scale=q", f"backbone.scale=q: valid: {', '.join(SCALES)}"),
        ("recipe.optimizer.betas=[0.9]", "recipe.optimizer.betas.1: "),
        ("++attention.block.a=[inf]", "attention.block: inf in it is no finite number"),
        ("attention.block._target_=[1]", "attention.block: its _target_ is no name"),
        (f"{SCENES} dataset.image_size=100", "dataset.image_size=100: .* a multiple of 32; set 128"),
        (
            "detector=yolov8",
            "detector=yolov8 needs a detection dataset; dataset=digits is for classification",
        ),
        (f"{SCENES} detector=none", "detector=none detects nothing; dataset=digit_scenes is for detection"),
        ("task=detection", "task=detection does not fit dataset=digits, which is for classification"),
    ],
)
def test_a_value_that_is_not_taken_is_named_with_what_is_valid(overrides, message):
    with pytest.raises(UserError, match=f"^{message.replace('[', '[[]')}") as error:
        freeze(
            composed_or_explained(overrides.split(" ", 1) if overrides.startswith(SCENES) else [overrides])
        )
    assert "\n" not in str(error.value)


FREE = {  # texts that are checked elsewhere: names of folders, of what a reader has, and of what is logged
    *(f"{group}.name" for group in ("dataset", "backbone", "attention", "detector", "recipe")),
    *("dataset.class_names", "dataset.splits", "task.monitor", "task.selected_by"),
    *("backbone.checkpoint_sha256", "weights_sha256"),
}


def keys_without_values(schema, prefix=""):
    """Keys whose annotation names neither bounds nor choices."""
    for key, hint in typing.get_type_hints(schema, include_extras=True).items():
        *_, plain = [each for each in typing.get_args(hint) or (hint,) if each is not type(None)]
        if isinstance(plain, type) and is_dataclass(plain):
            yield from keys_without_values(plain, f"{prefix}{key}.")
        elif "Annotated" not in str(hint) and plain is not Start:
            yield prefix + key


def test_every_key_of_the_schema_has_bounds_or_choices():
    assert set(keys_without_values(Config)) == FREE


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train", "train: write mode=train;"),
        ("digits", "digits: write dataset=digits;"),
        ("attention", "attention: write attention=<option>;"),
        ("nonsense", "nonsense: write key=value;"),
        ("attention=lga,none", "attention=lga,none: to run each of them, add -m;"),
        ("recipe.optimizer.lr=1e-3,1e-4", "recipe.optimizer.lr=1e-3,1e-4: to run each of them, add -m;"),
        (
            "logger.group=a#b",
            """logger.group=a#b: the value cannot be read; quote it: 'logger.group="a#b"'""",
        ),
        ("~logger", "~logger: a run needs it; set logger=, valid: csv, mlflow, tensorboard, wandb"),
        ("~seed", "~seed: a run needs it; set seed="),
        ("~recipe.epochs", "~recipe.epochs: a run needs it; set recipe.epochs="),
        (
            "dataset=/my/data.yaml",
            "dataset=/my/data.yaml: an option is a name; put a file of your own at DIR/",
        ),
        ("dataset=data.yml", "dataset=data.yml: an option is a name;"),
        ("=3", "Config group override must be a string"),
        (
            "backbone.channel_cap={classification: 5}",
            "backbone.channel_cap={classification: 5}: backbone.channel_cap has no settings here; leave",
        ),
        (
            "recipe.detection.mosaic=0",
            "recipe.detection.mosaic=0: recipe.detection has no settings here; leave it out, or choose what",
        ),
        (
            "metrics={f1: {_target_: a}}",
            "metrics: there is nothing of that name in it; add what is new as +metrics.<name>=<value>",
        ),
    ],
)
def test_a_habit_of_other_tools_is_answered_with_how_it_is_written_here(override, message):
    with pytest.raises(CONFIG_ERRORS) as error:
        freeze(compose([override]))
    assert explain(error.value, [override]).startswith(message)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "--attention",
            "--attention: no such option; settings are written without dashes, attention=<value>;",
        ),
        ("--epochs=5", "--epochs=5: no such option; settings are written without dashes, epochs=5;"),
        ("--experimental-rer=job.pickle", "--experimental-rer=job.pickle: no such option;"),
    ],
)
def test_options_are_answered_too(argument, message):
    finished = run_py(argument, "lga")
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"error: {message}")
    assert finished.stderr.count("\n") == 1


BEFORE_TORCH = {
    "dataset=digits dataset.num_classes=5": "dataset.num_classes=5: dataset.class_names has 10",
    "paths.data_dir=/nothing dataset=visdrone": "VisDrone2019-DET-train/annotations: not there; unpack",
    "paths.data_dir=/nothing dataset=mnist": "MNIST: missing in /nothing/MNIST/raw",
    "paths.data_dir=/nothing dataset=coco2017": "instances_train2017.json",
    "paths.data_dir=/nothing dataset=gwhd": "GWHD",
    "mode=predict source=/nothing dataset=digit_scenes": "source=/nothing: no image there",
    "mode=predict": "mode=predict needs source=",
    "mode=evaluate": "not trained yet",
    "mode=export": "not trained yet",
    "mode=evaluate mode.checkpoint=/nothing": "mode.checkpoint=/nothing: cannot be read (No such file",
    "mode=evaluate mode.checkpoint=/": "mode.checkpoint=/checkpoints/best.ckpt: cannot be read (No such",
    "mode=predict source=README.md mode.checkpoint=README.md": "mode.checkpoint=README.md: neither what",
    "weights=pyproject.toml": "weights=pyproject.toml: neither what torch.save wrote nor safetensors",
    "weights=digits weights_sha256=ab12": "best.ckpt: its SHA-256 is ",
    "backbone=timm/resnet18 backbone.checkpoint=run.py": "backbone.checkpoint=run.py: neither what",
    "trainer.accelerator=gpu": "trainer.accelerator=gpu: there is no GPU here; use auto or cpu",
    "trainer.accelerator=mps": "trainer.accelerator=mps: only Macs",
    "trainer.devices=1000": "trainer.devices=1000: this machine has",
    "trainer.num_nodes=2": "trainer.num_nodes=2: this process is alone",
    "paths.output_dir=/dev/null": "cannot write under /dev/null/runs",
    "logger=wandb": "WANDB_MODE=offlin: valid: online, offline, disabled",
}
PROGRAM = """
import sys
from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.run.execute import execute
from lga.system.errors import UserError

for line in sys.stdin.read().splitlines():
    given = line.split()
    output = [] if "paths.output_dir" in line else [f"paths.output_dir={sys.argv[1]}"]
    try:
        execute(freeze(compose(["logger=csv", *given, *output])))
    except UserError as error:
        print(f"{error} {'torch' in sys.modules}")
"""


@pytest.mark.skipif(bool(device_sets.visible_gpus()), reason="there is a GPU")
def test_what_is_missing_is_reported_before_torch_and_before_training_is_announced(tmp_path):
    environment = {**os.environ, "WANDB_MODE": "offlin", "CUDA_VISIBLE_DEVICES": ""}
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT, env=environment, input="\n".join(BEFORE_TORCH), capture_output=True, text=True,
        timeout=300, check=True,
    )  # fmt: skip
    lines = finished.stdout.splitlines()
    assert len(lines) == len(BEFORE_TORCH), finished.stdout
    for line, message in zip(lines, BEFORE_TORCH.values(), strict=True):
        assert message in line
        assert line.endswith(" False")
    assert "training in" not in finished.stdout


@pytest.fixture
def cells(tmp_path):
    """Finished runs of one cell: `made(seed, overrides)` leaves one that is newer than those before."""
    made = []

    def make(*overrides):
        run = cell(tmp_path, "attention=se", *overrides)
        folder = run.directory
        (folder / "checkpoints").mkdir(parents=True)
        weights = folder / "checkpoints" / "best.ckpt"
        weights.touch()
        os.utime(weights, (len(made), len(made)))
        write_record(folder / "result.json", made_run(run, 90.0).record)
        made.append(run)
        return folder

    return make


def meant(tmp_path, *overrides):
    run = freeze(compose(given := ("attention=se", f"paths.output_dir={tmp_path}", *overrides)), given)
    return run_with_weights(run)


def test_without_a_seed_the_newest_finished_run_of_the_cell_is_meant(tmp_path, cells):
    cells("seed=0", "recipe.epochs=9")
    short = cells("seed=3", "recipe.epochs=5")
    wide = cells("seed=5", "dataset.image_size=64")
    (cells("seed=7") / "result.json").unlink()  # still trains
    assert meant(tmp_path).directory == short
    assert meant(tmp_path).cell.seed == 3
    assert meant(tmp_path, "dataset.image_size=64").directory == wide
    assert meant(tmp_path, "trainer=smoke", "recipe.epochs=9").cell.seed == 0
    cells(SCENES, "seed=9", "recipe.epochs=5", "recipe.detection.box_gain=5")
    assert meant(tmp_path, SCENES).cell.seed == 9
    for exact in ("recipe.epochs=4", "seed=3", "mode.checkpoint=/mine"):
        assert meant(tmp_path, exact).config["paths"]["run_dir"] is None


def test_a_smoke_run_stands_behind_whole_ones(tmp_path, cells):
    whole = cells("seed=1", "trainer=default")
    cells("seed=2")
    assert meant(tmp_path).directory == whole


def test_records_older_than_the_newest_whole_run_are_not_read(tmp_path, cells, monkeypatch):
    cells("seed=1", "trainer=default")
    newest, read = cells("seed=2", "trainer=default"), []
    monkeypatch.setattr(preflight, "read_record", lambda path: read.append(path) or read_record(path))
    assert meant(tmp_path).directory == newest
    assert read == [newest / "result.json"]


def test_weights_and_checkpoint_take_a_file_a_runs_folder_or_the_name_of_shipped_ones(tmp_path):
    best = preflight.SHIPPED / "digits" / "checkpoints" / "best.ckpt"
    for named in (best, best.parents[1], "digits"):
        assert Path(cell(tmp_path, f"weights={named}").config["weights"]) == best
        assert preflight.weights_of(cell(tmp_path, f"mode.checkpoint={named}")) == best


def test_weights_of_a_run_that_has_not_finished_are_said_to_be(tmp_path, cells):
    folder, run = cells("seed=4"), cell(tmp_path, "attention=se", "seed=4")
    assert not _is_unfinished(run)
    (folder / "result.json").unlink()
    assert _is_unfinished(run)


def test_gpus_are_looked_for_where_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(device_sets, "visible_gpus", lambda: ["0"])
    check_devices("gpu", 1)
    with pytest.raises(UserError, match=r"trainer\.devices=2: this machine has 1 to be used, 0;"):
        check_devices("cuda", 2)
    monkeypatch.setattr(device_sets, "visible_gpus", lambda: pytest.fail("asked the driver"))
    check_devices("auto", 1)
    check_devices("cpu", 1)


def test_a_mode_of_wandb_is_checked_only_where_it_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offlin")
    preflight.check(cell(tmp_path))
    with pytest.raises(UserError, match=re.escape("WANDB_MODE=offlin: valid:")):
        preflight.check(cell(tmp_path, "logger=wandb"))
