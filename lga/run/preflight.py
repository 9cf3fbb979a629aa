"""What a run needs of this machine, looked at before torch is imported: a mistake is reported at once."""

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from lga.config.frozen_run import FrozenRun, identifying
from lga.data.published.toolchain_tree import IMAGE_SUFFIXES
from lga.run.devices.device_sets import check_devices
from lga.run.folder.data_files import check_data
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError, require_extra
from lga.system.foreign import visible
from lga.system.weights_files import SHIPPED, check_weights, weights_file

WITH_WEIGHTS = ("evaluate", "predict", "export")  # modes that use a trained cell
IN_EXTRA = ("tensorboard", "mlflow")
# What trained weights fit whatever it was; the task's name goes with the data set's.
OF_TRAINING = ("recipe", "task", "trainer", "callbacks", "data")
WANDB_MODES = ("online", "offline", "disabled", "dryrun", "run", "shared")


def check(run: FrozenRun) -> None:
    """Raise a UserError, one line, for what is missing of what the run's mode needs."""
    config, mode = run.config, run.config["mode"]["name"]
    if mode == "export":
        require_extra("export", "mode=export", "onnx", "onnxruntime", "onnxscript")
    trainer = config["trainer"]
    check_devices(trainer["accelerator"], trainer["devices"] if mode == "train" else 1)
    names, classes = config["dataset"]["class_names"], config["dataset"]["num_classes"]
    if mode in ("train", "evaluate", "predict") and len(names) != classes:
        raise UserError(f"dataset.num_classes={classes}: dataset.class_names has {len(names)}")
    if mode == "predict":
        images_of(config["source"])
    if mode in ("evaluate", "predict") or (mode == "export" and not config["mode"]["untrained"]):
        weights_of(run)
    if mode in ("train", "evaluate"):
        check_data(config)
    if mode == "train":
        _check_loggers(config["logger"]["kinds"])


def _check_loggers(kinds: Collection[str]) -> None:
    for kind in IN_EXTRA:
        if kind in kinds:
            require_extra("loggers", f"logger={kind}", kind)
    wandb_mode = os.environ.get("WANDB_MODE") or "online"
    if "wandb" in kinds and wandb_mode not in WANDB_MODES:
        raise UserError(
            f"WANDB_MODE={wandb_mode}: valid: {', '.join(WANDB_MODES)}; logger=csv leaves W&B out"
        )


def run_with_weights(run: FrozenRun) -> FrozenRun:
    """Return the run whose weights are meant: without `seed=`, the newest finished one of the cell.

    Where none is finished, the weights that are shipped, if they are the cell's. A recipe, or what else was
    chosen for the training alone, has to be the one that the user names, if any.
    """
    named = {re.split(r"[./@=]", override.lstrip("+~"))[0] for override in run.overrides}
    if "seed" in named or run.config["mode"]["checkpoint"] or run.config["paths"]["run_dir"]:
        return run
    apart = {"seed", *(() if "experiment" in named else set(OF_TRAINING) - named)}
    wanted = _identifying(run.config, apart)
    smoke: FrozenRun | None = None  # which says nothing of how good the network is
    for weights in _newest_weights(run):
        folder = weights.parents[1]
        try:
            record = read_record(folder / "result.json")
            fits = record.status == "finished" and _identifying(record.config, apart) == wanted
        except (UserError, OSError, KeyError):  # of another version, or without settings
            continue
        if fits:
            paths = {**run.config["paths"], "run_dir": str(folder)}
            config = {**run.config, "seed": record.cell.seed, "paths": paths}
            of_record = FrozenRun(config, run.overrides, run.variables)
            if record.config["trainer"]["scale"] != "smoke":
                return of_record
            smoke = smoke or of_record
    return _shipped(run, apart, wanted) or smoke or run


def _shipped(run: FrozenRun, apart: Collection[str], wanted: Mapping[str, Any]) -> FrozenRun | None:
    for path in SHIPPED.glob("*/config.yaml"):
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        if _identifying(config, apart) == wanted:
            mode = {**run.config["mode"], "checkpoint": str(path.parent / "checkpoints" / "best.ckpt")}
            settled = {**run.config, "mode": mode, "seed": config["seed"]}
            return FrozenRun(settled, run.overrides, run.variables)
    return None


def _identifying(config: Mapping[str, Any], apart: Collection[str]) -> dict[str, Any]:
    """Return what identifies a run, less some groups, and what of the recipe the detector is made with."""
    kept = {key: value for key, value in identifying(config).items() if key not in apart}
    gains = config["recipe"]["detection"] or {}
    model = {key: value for key, value in (config["detector"]["model"] or {}).items() if key not in gains}
    return {**kept, "detector": {**kept["detector"], "model": model}}


def weights_of(run: FrozenRun) -> Path:
    """Return the file with the weights to use: `mode.checkpoint`, else the cell's own best ones."""
    named, folder = run.config["mode"]["checkpoint"], RunDirectory(run)
    if named:
        check_weights(path := weights_file(named), "mode.checkpoint")
        return path
    if (path := folder.best_checkpoint).is_file():
        return path
    kept, first = folder.kept(), "run the same command without mode= first"
    if kept:
        first = f"its record alone is kept, in {kept[0]}; {first}, with paths.kept=null"
    newest = _newest_weights(run)[:1]
    at_hand = f": there is mode.checkpoint={newest[0]}" if newest else " with mode.checkpoint="
    raise UserError(f"{run.cell}: not trained yet, there is no {path}; {first}, or name weights{at_hand}")


def _newest_weights(run: FrozenRun) -> list[Path]:
    """Return the weights of the cell with any seed or recipe, the newest first."""
    own = RunDirectory(run).best_checkpoint
    found = own.parents[2].glob(f"*/checkpoints/{own.name}")
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def images_of(source: str | None) -> list[Path]:
    """Return the image files that `source` names: one file, all of a folder, or those a glob matches."""
    if not source:
        raise UserError("mode=predict needs source=<image, folder or glob>")
    path = Path(source)
    try:
        if path.is_dir():
            found = [file for file in visible(path, "*") if file.suffix.lower() in IMAGE_SUFFIXES]
        elif path.is_file():
            found = [path]
        else:  # brackets in the name of a real folder are no pattern
            folder = next(parent for parent in path.parents if parent.is_dir())
            found = [file for file in folder.glob(str(path.relative_to(folder))) if file.is_file()]
    except (OSError, ValueError) as error:
        raise UserError(
            f"source={source}: {error}; name an image file, a folder of them, or a glob"
        ) from error
    if not found:
        raise UserError(f"source={source}: no image there; name an image file, a folder of them, or a glob")
    return sorted(found)
