"""What makes two runs the same run: a hash of the resolved config, less what cannot change its result.

Settings that some backbones alone have, refused on the others; weights are known by their content.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from omegaconf import DictConfig, OmegaConf

from lga.config.compose import CONFIG_DIR
from lga.config.instantiation import first, make
from lga.config.schema import Config
from lga.config.values import fault
from lga.system.digests import digest
from lga.system.errors import UserError
from lga.system.foreign import sha256_of
from lga.system.secrets import hide_variables
from lga.system.weights_files import check_weights, weights_file

OF_OWN_SETS = ("path", "train", "val", "test", "images")
OF_SOME = {
    ("dataset", "reader"): (
        (*OF_OWN_SETS, "splits"),
        "leave it out; files of your own: yolo, coco, voc, image_folder",
    ),
    ("backbone", "network"): (("slots", "checkpoint", "checkpoint_sha256"), "backbone=timm/<name> has"),
}
# Not part of a run's identity: where things lie, what is shown, and on what it is computed.
NEUTRAL = (
    "paths",
    "logger",
    "mode",
    "source",
    "inspect",
    "metrics",
    "instruments",
    "weights",  # known by their content, as is the next
    "backbone.checkpoint",
    "backbone.network.checkpoint",
    "trainer.accelerator",
    "trainer.num_workers",
    "trainer.threads",
    "trainer.progress",
    *(f"dataset.{key}" for key in OF_OWN_SETS),  # which are known by their content
    *(f"dataset.reader.{key}" for key in OF_OWN_SETS),
    "dataset.reader.data_dir",
    "dataset.reader.cache_dir",
    "dataset.reader.download",
    "dataset.reader.verify",  # files that are not the published ones are known by their content
)
# Part of it unless one, or true, which leaves results as they were before there was the setting. On several
# devices batch norm's statistics are each device's own; the share is of the training images.
UNLESS_ONE = ("trainer.devices", "trainer.num_nodes", "trainer.deterministic", "data.train_share")
# Likewise part of it unless null or empty: most are settings of some backbones alone.
UNLESS_NULL = (
    "trainer.tf32",
    "data.subset",
    "dataset.folds",
    "dataset.reader.subset",
    "backbone.slots",
    "backbone.pyramid",
    "backbone.checkpoint_sha256",
    "weights_sha256",
    "recipe.freeze_epochs",
    "callbacks",
)
HASH_LENGTH = 8
OWN_DETECTOR = "lga.detection.Detector"  # its neck joins maps of strides 8 to 32
COARSEST_STRIDE = 32
_VARIABLE = re.compile(r"oc\.env:\s*([^\s,}]+)")
_NAME = re.compile(r"[^\W_][\w.+-]*")


def _check_read(cfg: DictConfig) -> None:
    """Raise a UserError for a setting that this data set or this backbone does not read."""
    for (group, part), (keys, hint) in OF_SOME.items():
        given = [key for key in keys if cfg[group][key] is not None]
        if group == "dataset" and cfg.dataset.selection == "test":
            given.append("selection")
        if unread := [key for key in given if key not in cfg[group][part]]:
            raise UserError(f"{group}.{unread[0]}: this {group} has no such setting; {hint}")


def settle_weights(cfg: DictConfig) -> None:
    """Put the SHA-256 of files of weights beside their paths; UserError where one cannot hold any."""
    backbone = cfg.backbone
    for node, key, where in (backbone, "checkpoint", "backbone.checkpoint"), (cfg, "weights", "weights"):
        if node[key]:
            path, sha256 = weights_file(node[key]), node[f"{key}_sha256"]
            check_weights(path, where, sha256)
            node[key], node[f"{key}_sha256"] = str(path), sha256 or sha256_of(path)
    if cfg.recipe.freeze_epochs and not (cfg.weights or backbone.checkpoint):
        raise UserError("recipe.freeze_epochs: nothing was trained before; name weights with weights=")


def is_neutral(setting: str) -> bool:
    """Return whether a setting, named with dots, is no part of a run's identity."""
    return any(setting == neutral or setting.startswith(f"{neutral}.") for neutral in NEUTRAL)


@dataclass(frozen=True)
class Cell:
    """One cell of a table: what was compared, and the seed."""

    dataset: str
    backbone: str
    detector: str
    attention: str
    seed: int

    def __str__(self) -> str:
        parts = [self.dataset, self.backbone, self.detector, self.attention]
        return "/".join(part for part in parts if part != "none" or part is parts[-1]) + f" seed {self.seed}"


class FilesSay(NamedTuple):
    """What the files of a set say of it: its name and classes, and the hash of what they hold."""

    name: str | None
    class_names: list[str]
    content_sha256: str | None


NOT_READ = FilesSay("not-read", ["not read"], None)


@dataclass(frozen=True)
class FrozenRun:
    """A run with every value of its config resolved, as it is handed to the process that runs it.

    `overrides` is what the user wrote, kept for the record alone; `variables` are those of the environment
    that values were taken from, which are written nowhere.
    """

    config: Mapping[str, Any]
    overrides: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    @property
    def cfg(self) -> DictConfig:
        """The config with attribute access, read-only."""
        cfg = OmegaConf.create(dict(self.config))
        OmegaConf.set_readonly(cfg, True)
        return cfg

    @property
    def config_hash(self) -> str:
        """64 hexadecimal digits that change when, and only when, the result may."""
        return digest(identifying(self.config))

    @property
    def cell(self) -> Cell:
        """The names of the cell."""
        names = {
            group: self.config[group]["name"] for group in ("dataset", "backbone", "detector", "attention")
        }
        return Cell(**names, seed=self.config["seed"])

    @property
    def directory(self) -> Path:
        """The run's folder: readable, and bearing the hash."""
        paths, cell = self.config["paths"], self.cell
        if paths["run_dir"]:
            return Path(paths["run_dir"])
        network = cell.backbone if cell.detector == "none" else f"{cell.backbone}-{cell.detector}"
        name = f"seed{cell.seed}-{self.config_hash[:HASH_LENGTH]}"
        return Path(paths["output_dir"]) / "runs" / cell.dataset / network / cell.attention / name


def freeze(
    cfg: DictConfig,
    overrides: tuple[str, ...] = (),
    known: dict[str, FilesSay] | None = None,
    files_needed: bool = True,
) -> FrozenRun:
    """Resolve `cfg` once and for all; later edits of YAML files cannot reach the run.

    `known` is filled in: the cells of a sweep that share it read and hash the files of a user's set once.
    Files that cannot be read are an error where they are `files_needed`; else they say `NOT_READ`.
    """
    config = cast(dict[str, Any], OmegaConf.to_container(cfg, resolve=False))
    config.pop("hydra", None)
    variables = _variables(config)
    hide_variables(variables)
    merged = OmegaConf.merge(_schema(), config)  # refuses keys added with `+`
    checked = cast(DictConfig, merged)
    _check_read(checked)
    _settle_reader(checked, {} if known is None else known, files_needed)
    _check_consistent(checked)
    _check_names(checked)
    settle_weights(checked)
    resolved = OmegaConf.to_container(checked, resolve=True, throw_on_missing=True, enum_to_str=True)
    own = {key: value for key, value in cast(dict[str, Any], resolved).items() if key != "experiment"}
    if wrong := fault(own, Config):
        raise UserError(wrong)
    return FrozenRun(own, overrides, variables)


def _variables(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the environment's variables that values come from, but for paths and W&B's project."""
    logger = {key: value for key, value in config["logger"].items() if key not in ("project", "entity")}
    others = {key: value for key, value in config.items() if key not in ("paths", "logger")}
    return tuple(sorted(set(_VARIABLE.findall(json.dumps([others, logger], default=str)))))


@cache
def _schema() -> DictConfig:
    """Return the shape of a config, made once: merging copies it."""
    return cast(DictConfig, OmegaConf.structured(Config))


def _check_names(cfg: DictConfig) -> None:
    """Refuse names of a cell, folders of its outputs, that lead elsewhere."""
    for group in ("dataset", "backbone", "detector", "attention"):
        if not _NAME.fullmatch(str(cfg[group].name)):
            raise UserError(
                f"{group}.name={cfg[group].name}: letters, digits and _ . + - alone, beginning with a letter "
                "or digit, since it names a folder"
            )


def _settle_reader(cfg: DictConfig, known: dict[str, FilesSay], files_needed: bool) -> None:
    """Fill in what a user's own files say: the set's name and classes, and a hash of their content."""
    dataset, node = cfg.dataset, cfg.dataset.reader
    own = "content_sha256" in node  # a set of one's own; else files in place of published ones
    if dataset.folds and not own:
        raise UserError("dataset.folds: this data set has splits; those of your own files can be folded")
    if node.get("content_sha256") or (node.get("verify", True) and not own):
        return
    settings = json.dumps(OmegaConf.to_container(node, resolve=True), sort_keys=True)
    if settings not in known:
        try:
            reader = make(node, "dataset.reader")
            name, classes = getattr(reader, "name", None), list(getattr(reader, "class_names", ()))
            content = reader.own_content() if hasattr(reader, "own_content") else None
            known[settings] = FilesSay(name, classes, content)
        except UserError:
            if files_needed:
                raise
            known[settings] = NOT_READ
    said = known[settings]
    if said.content_sha256:
        node.content_sha256 = said.content_sha256
    if not own:
        return
    for key, value in ("name", said.name), ("class_names", said.class_names):
        if OmegaConf.is_missing(dataset, key):
            dataset[key] = value
    if OmegaConf.is_missing(dataset, "num_classes"):
        dataset.num_classes = len(dataset.class_names)
    options = (CONFIG_DIR / "dataset").glob("*.yaml")
    if dataset.name.lower() in (each.stem for each in options if "\nname: ???" not in each.read_text()):
        raise UserError(f"dataset.name={dataset.name}: a set of this project has that name; set another one")


def _check_consistent(cfg: DictConfig) -> None:
    """Check what several groups must agree on."""
    dataset, detector, size = cfg.dataset, cfg.detector, cfg.dataset.image_size
    if cfg.task.name != dataset.task:
        raise UserError(
            f"task={cfg.task.name} does not fit dataset={dataset.name}, which is for {dataset.task}: "
            f"leave task out, the dataset picks it"
        )
    if (cfg.task.model is None) == (detector.model is None):
        needs = "needs a detection dataset" if detector.model else "detects nothing"
        raise UserError(
            f"detector={detector.name} {needs}; dataset={dataset.name} is for {dataset.task}: "
            "leave detector out, the task picks one"
        )
    if detector.model and detector.model.get("_target_") == OWN_DETECTOR and size % COARSEST_STRIDE:
        raise UserError(
            f"dataset.image_size={size}: detector={detector.name} needs a multiple of {COARSEST_STRIDE}; "
            f"set {-(-size // COARSEST_STRIDE) * COARSEST_STRIDE}"
        )
    if cfg.recipe.get(cfg.task.name) is None:
        raise UserError(
            f"recipe={cfg.recipe.name} has no settings for task={cfg.task.name}: leave recipe out, "
            f"the dataset picks one, or choose one with a section `{cfg.task.name}`"
        )


def identifying(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return what of a config is part of a run's identity; a later key at its default is not."""
    kept = {}
    for key, value in config.items():
        path = f"{prefix}{key}"
        absent = (path in UNLESS_ONE and value == 1) or (path in UNLESS_NULL and value in (None, {}))
        if path not in NEUTRAL and not absent:
            kept[str(key)] = (
                identifying(value, f"{path}.") if isinstance(value, Mapping) else first(path, value)
            )
    return kept
