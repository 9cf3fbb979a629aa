"""Trained networks by their run's folder; one from others is not trusted."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml
from omegaconf import OmegaConf
from PIL.Image import Image
from torch import nn

from lga.attention.timm_layer import timm_block
from lga.config.compose import CONFIG_ERRORS
from lga.config.frozen_run import FrozenRun
from lga.config.instantiation import located
from lga.config.schema import Config
from lga.config.values import fault
from lga.library.choices import frozen
from lga.results.collect import CollectedRun
from lga.run.modes.evaluate import trained_network
from lga.run.modes.predict import Array, Prediction, as_image, predict_image
from lga.run.preflight import run_with_weights
from lga.system.errors import UserError
from lga.system.files import read_regular
from lga.system.weights_files import weights_folder

# Where classes of a network that is loaded may be defined; mmdet's configurations can name any.
TRUSTED = ("lga.", "timm.", "torch.nn.", "torchvision.")
UNTRUSTED = "lga.detection.mmdet_bridge."
PARTS = (("attention", "block"), ("backbone", "network"), ("task", "model"), ("detector", "model"))
MOST_BYTES = 2**20


class TrainedModel(nn.Module):
    """A cell's network with its weights, in evaluation mode; called with images (B, 3, H, W) in [0, 1].

    Attributes:
        network: the classifier or detector.
        run: its configuration.
        class_names: in the order of the labels.
    """

    def __init__(self, network: nn.Module, run: FrozenRun) -> None:
        super().__init__()
        self.network = network
        self.run = run
        self.class_names = [str(name) for name in run.config["dataset"]["class_names"]]

    def forward(self, images: Any) -> Any:
        """Return what the network makes of the images."""
        return self.network(images)

    def predict(
        self, image: str | Path | Image | Array, confidence: float = 0.25, explain: bool = False
    ) -> Prediction:
        """Return classes or boxes of one image: a file, a PIL image, or an array (H, W[, 3]), RGB, uint8.

        With `explain` its picture shows what the network looks at, too.
        """
        return predict_image(self.network, as_image(image), self.run.cfg, confidence, explain)


def load(run: str | Path | CollectedRun | Sequence[str], trust: bool = False) -> TrainedModel:
    """Return a trained network: of a run's folder, of what `train` returned, or of a cell's overrides.

    Args:
        run: the folder, the run, overrides such as `["dataset=digits", "attention=lga"]` (without `seed=` the
            newest finished run of the cell, which the `run` of the model names), or the name of weights that
            are shipped, `"digits"` or `"digit_scenes"`.
        trust: whether classes that the folder's configuration names may be of any module. Else they are
            those of this package, timm, torch.nn and torchvision.

    Raises:
        UserError: there are no weights, they are of another network, or a class is of another module.
    """
    if isinstance(run, CollectedRun):
        run = run.folder
    if isinstance(run, str | Path):
        cell = _of_folder(weights_folder(run), trust)
    else:
        cell = run_with_weights(frozen(run))
    return TrainedModel(trained_network(cell), cell).eval()


def predict(
    model: TrainedModel | str | Path,
    image: str | Path | Image | Array,
    confidence: float = 0.25,
    explain: bool = False,
) -> Prediction:
    """Return what a trained model, or that of a run's folder, finds on an image."""
    return (model if isinstance(model, TrainedModel) else load(model)).predict(image, confidence, explain)


def _of_folder(folder: Path, trust: bool) -> FrozenRun:
    """Return the run of a folder; its weights are those that lie there."""
    path = folder / "config.yaml"
    if not path.is_file():
        raise UserError(f"{folder}: no run's folder: there is no config.yaml in it")
    try:
        written = yaml.safe_load(read_regular(path, MOST_BYTES))
        written.get("logger", {}).pop("name", None)  # of runs from before there were several loggers
        filled = OmegaConf.merge(OmegaConf.structured(Config), written)
        config = cast(dict[str, Any], OmegaConf.to_container(filled, throw_on_missing=True, enum_to_str=True))
        wrong = fault(config, Config)
    except (*CONFIG_ERRORS, yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError) as error:
        wrong = " ".join(str(error).split())[:200]
    if wrong:
        raise UserError(f"{path}: not the configuration of a run: {wrong}")
    if not trust:
        _check_classes(config, path)
    config["mode"]["checkpoint"] = str(folder / "checkpoints" / "best.ckpt")
    if "checkpoint" in config["backbone"]["network"]:  # the weights to start from
        config["backbone"]["network"]["checkpoint"] = None
    return FrozenRun(config)


def _check_classes(config: Mapping[str, Any], path: Path) -> None:
    """Raise UserError unless the network is made of modules of `TRUSTED` and plain values."""
    for group, part in PARTS:
        for node in _mappings(config[group].get(part)):
            for value in node.values():
                if isinstance(value, str) and "${" in value:
                    raise UserError(
                        f"{path}: {group}.{part}: {value[:80]}: a run's configuration has plain values"
                    )
            if "_target_" not in node:
                continue
            target, where = str(node["_target_"]), f"{path}: {group}.{part}"
            kind: Any = None
            if target.startswith(TRUSTED) and not target.startswith(UNTRUSTED):
                kind = located(OmegaConf.create({"_target_": target}), where)
            is_module = kind is timm_block or (isinstance(kind, type) and issubclass(kind, nn.Module))
            if not is_module or not cast(type, kind).__module__.startswith(TRUSTED):
                raise UserError(
                    f"{where}._target_={target}: no network of lga, timm, torch.nn or torchvision, and "
                    "others can run any code; load(..., trust=True) takes it, if you know who wrote it"
                )


def _mappings(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
    if isinstance(node, Mapping | list):
        for child in node.values() if isinstance(node, Mapping) else node:
            yield from _mappings(child)
