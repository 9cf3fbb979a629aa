"""Build timm's networks as feature extractors, and fill them from local files of weights in timm's naming.

Source: timm (Wightman, 2019), https://github.com/huggingface/pytorch-image-models, `features_only`. Weights
are drawn anew, or read from a file: strictly, and no code in it is run. Nothing is fetched.
"""

import difflib
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import timm
import torch
from timm.models._features import FeatureGetterNet
from torch import Tensor, nn

from lga.backbones.author_checkpoint import misfits
from lga.backbones.weights_file import read_weights
from lga.system.errors import UserError

# How families with a fixed image size are made to take any; the first that a network knows is used.
ANY_SIZE: tuple[Mapping[str, Any], ...] = (
    {"dynamic_img_size": True, "dynamic_img_pad": True},
    {"dynamic_img_size": True},
    {"strict_img_size": False},
)
SIZES_TRIED = range(32, 513, 32)
NEAR = 9  # names shown where one is not known


class FeatureMap(NamedTuple):
    """One of a network's maps: its number among them, channels, and stride in pixels of the image."""

    number: int
    channels: int
    stride: int


class Outline(NamedTuple):
    """What is known of a network before it is built.

    Attributes:
        maps: finest first; the last of each stride.
        is_plain: whether all of its maps have one stride, as a ViT's.
        state: names and shapes of the whole classifier's weights, on the meta device.
        settings: keywords that let it take images of any size.
        mean, std: constants of each colour by which images in [0, 1] are normalised.
    """

    maps: tuple[FeatureMap, ...]
    is_plain: bool
    state: Mapping[str, Tensor]
    settings: Mapping[str, Any]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def outline(name: str) -> Outline:
    """Build timm's network `name` without memory, and look at it.

    Raises:
        UserError: timm has no network of that name, or it has no feature maps.
    """
    check_name(name)
    with torch.device("meta"):
        network, settings = _taking_any_size(name)
    known: Sequence[Mapping[str, Any]] | None = getattr(network, "feature_info", None)
    if not known:
        raise UserError(f"timm/{name}: it has no feature maps; choose another")
    maps = {
        info["reduction"]: FeatureMap(i, info["num_chs"], info["reduction"]) for i, info in enumerate(known)
    }
    constants: Mapping[str, Any] = network.pretrained_cfg
    return Outline(
        maps=tuple(maps.values()),
        is_plain=len(maps) == 1,
        state=network.state_dict(),
        settings=settings,
        mean=tuple(constants["mean"]),
        std=tuple(constants["std"]),
    )


def check_name(name: str) -> None:
    """Raise UserError, naming the nearest, unless timm has a network called `name`."""
    if "." in name:
        raise UserError(
            f"timm/{name}: what follows the dot names weights to fetch, and none are: leave it out; "
            "checkpoint=<file> takes weights that lie here"
        )
    if timm.is_model(name):
        return
    near = difflib.get_close_matches(name, timm.list_models(), n=NEAR)
    hint = f"; near: {', '.join(sorted(near))}" if near else ""
    raise UserError(f"timm/{name}: timm {timm.__version__} has no network of that name{hint}")


def feature_network(name: str, found: Outline, maps: Sequence[FeatureMap]) -> nn.Module:
    """Build the network that gives `maps` of images (B, 3, H, W), as a list.

    A plain transformer's map passes the network's last norm, as its classifier's does.

    Raises:
        UserError: timm cannot take maps out of this network.
    """
    getter = {"feature_cls": partial(FeatureGetterNet, norm=True)} if found.is_plain else {}
    indices = tuple(feature.number for feature in maps)
    settings = {**found.settings, **getter, "out_indices": indices}
    try:
        return timm.create_model(name, pretrained=False, features_only=True, **settings)
    except (RuntimeError, AttributeError, AssertionError) as error:
        raise UserError(f"timm/{name}: timm takes no feature maps out of it ({error})") from error


def tried(network: nn.Module, size: int) -> list[Tensor] | None:
    """Return the maps that `network` makes of a black image of `size` x `size` pixels; None if it cannot."""
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            return list(network(torch.zeros(1, 3, size, size)))
    except (RuntimeError, AssertionError, ValueError):
        return None
    finally:
        network.train(training)


def least_size(network: nn.Module) -> int | None:
    """Return the least of 32, 64, ..., 512 pixels that `network` takes; None if it takes none of them."""
    return next((size for size in SIZES_TRIED if tried(network, size) is not None), None)


def _taking_any_size(name: str) -> tuple[Any, Mapping[str, Any]]:
    network: Any = timm.create_model(name, pretrained=False)
    if not network.pretrained_cfg.get("fixed_input_size", False):
        return network, {}
    for settings in ANY_SIZE:
        try:
            return timm.create_model(name, pretrained=False, **settings), settings
        except TypeError:  # this family knows no such keyword
            continue
    return network, {}


def load_timm_checkpoint(
    body: nn.Module, classifier: Mapping[str, Tensor], path: Path, sha256: str | None = None
) -> None:
    """Fill `body`, a feature extractor, in place with the weights in `path`.

    Args:
        body: the network of `feature_network`.
        classifier: names (and shapes) of the whole network, of which `body` lacks the end; the file may have
            that end or not.
        path: a .safetensors file, or a plain state dict of `torch.save`, read without unpickling objects.
        sha256: of the file, in hexadecimal; None to take any.

    Raises:
        UserError: there is no such file, it is another or no file of weights, or a name or shape does not
            fit; the network is then left as it was.
    """
    weights = read_weights(path, sha256)
    wanted = body.state_dict()
    theirs = {_name_in(wanted, name): name for name in classifier}
    ours = {theirs.get(name, name): name for name in wanted}
    if faults := misfits({name: wanted[own] for name, own in ours.items()}, weights, more=classifier):
        raise UserError(
            f"checkpoint={path}: does not fit this network: {'; '.join(faults)}; "
            "give weights of the same timm network, in timm's naming"
        )
    body.load_state_dict({own: weights[name] for name, own in ours.items()})


def _name_in(names: Collection[str], name: str) -> str | None:
    """Return the classifier's entry `name` as a feature extractor calls it; None if it left that out.

    timm flattens the first of nested sequences (`stages.0.x` to `stages_0.x`), or puts the network whole into
    `model` or `body`.
    """
    spellings = (name, name.replace(".", "_", 1), f"model.{name}", f"body.{name}")
    return next((spelling for spelling in spellings if spelling in names), None)
