"""timm's networks as feature extractors: which maps a network has, and the network that gives them.

Source: timm (Wightman, 2019), https://github.com/huggingface/pytorch-image-models, `features_only`. Weights
are drawn anew always; nothing is fetched.
"""

import difflib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import timm
import torch
from timm.models._features import FeatureGetterNet
from torch import Tensor, nn

from lga.system.errors import UserError

# How families with a fixed image size are told to take any; the first that a network knows is used.
ANY_SIZE: tuple[Mapping[str, Any], ...] = (
    {"dynamic_img_size": True, "dynamic_img_pad": True},
    {"dynamic_img_size": True},
    {"strict_img_size": False},
)
SIZES_TRIED = range(32, 513, 32)
NEAR = 9  # names told where one is not known


class FeatureMap(NamedTuple):
    """One of a network's maps: its place among them, channels, and stride in pixels of the image."""

    place: int
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
    indices = tuple(feature.place for feature in maps)
    settings = {**found.settings, **getter, "out_indices": indices}
    try:
        return timm.create_model(name, pretrained=False, features_only=True, **settings)
    except (RuntimeError, AttributeError, AssertionError) as error:
        raise UserError(f"timm/{name}: timm takes no feature maps out of it ({error})") from error


def tried(network: nn.Module, size: int) -> list[Tensor] | None:
    """The maps that `network` makes of a black image of `size` x `size` pixels; None if it takes none."""
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
    """The least of 32, 64, ..., 512 pixels that `network` takes; None if it takes none of them."""
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
