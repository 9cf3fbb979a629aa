"""Make an object of a config node: the only place that calls Hydra's `instantiate`.

Classes and functions that moved may be named as before, and a run's identity still names them so.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pkgutil import resolve_name
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig

from lga.system.errors import UserError

MOVED = {
    "lga.backbones.timm_backbone.TimmBackbone": "lga.backbones.timm.backbone.TimmBackbone",
    "lga.data.DigitsReader": "lga.data.classification.digits.DigitsReader",
    "lga.data.FashionMNISTReader": "lga.data.classification.mnist.FashionMNISTReader",
    "lga.data.MNISTReader": "lga.data.classification.mnist.MNISTReader",
    "lga.data.classification_data.ClassificationData": (
        "lga.data.classification.classification_data.ClassificationData"
    ),
    "lga.data.detection.DetectionAugmentation": "lga.data.detection.augmentation.DetectionAugmentation",
    "lga.data.detection.DetectionData": "lga.data.detection.detection_data.DetectionData",
    "lga.data.published.coco2017.Coco2017Reader": "lga.data.published.coco.Coco2017Reader",
    "lga.data.published.coco_minitrain.CocoMinitrainReader": "lga.data.published.coco.CocoMinitrainReader",
    "lga.data.published.gwhd.gwhd_reader": "lga.data.published.gwhd.reader.gwhd_reader",
    "lga.data.published.voc2007.VOC2007Reader": "lga.data.published.voc.VOC2007Reader",
    "lga.data.published.voc2012.VOC2012Reader": "lga.data.published.voc.VOC2012Reader",
    "lga.tasks.ClassificationTask": "lga.tasks.classification_task.ClassificationTask",
    "lga.tasks.DetectionTask": "lga.tasks.detection_task.DetectionTask",
}
_PLAIN = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_FIRST = {now: before for before, now in MOVED.items()}


def current(target: str) -> str:
    """Return where a `_target_` lies today."""
    return MOVED.get(target, target)


def first(setting: str, value: Any) -> Any:
    """Return a setting's value, a `_target_` by the name it had first."""
    return _FIRST.get(value, value) if setting.rpartition(".")[2] == "_target_" else value


def make(node: DictConfig, where: str) -> Any:
    """Instantiate `node`; a target, keyword or value that does not fit is a UserError naming the key."""
    target, valid = str(node["_target_"]), inspect.signature(located(node, where)).parameters
    for key in (str(key) for key in node if not str(key).startswith("_")):
        if key not in valid:
            raise UserError(f"{where}.{key}: no such setting of {target}; valid: {', '.join(valid)}")
        if expected := _expected(node[key], valid[key].annotation):
            raise UserError(f"{where}.{key}={node[key]}: expected {expected}")
    with naming(where):
        try:
            made = instantiate(_today(node), _convert_="all")
        except InstantiationException as error:
            cause = error.__cause__
            raise (cause if isinstance(cause, ValueError) else UserError(str(error))) from error
    return naming(where)(made) if node.get("_partial_") else made


def _today(node: Any) -> Any:
    """Return a node with each `_target_` in it where it lies today."""
    if not isinstance(node, DictConfig):
        return node
    return {key: current(value) if key == "_target_" else _today(value) for key, value in node.items()}


def _expected(value: Any, annotation: Any) -> str | None:
    """Return what a parameter of plain types takes where the value is of none of them."""
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    fits = value is None or type(value) in kinds or (type(value) is int and float in kinds)
    plain = all(kind in (*_PLAIN, type(None)) for kind in kinds)
    return None if fits or not plain else " or ".join(_PLAIN[kind] for kind in kinds if kind in _PLAIN)


def make_reader(dataset: DictConfig) -> Any:
    """Make the reader of a data set; a UserError where its classes are others than the config's."""
    reader, written = make(dataset.reader, "dataset.reader"), list(dataset.class_names)
    said = list(getattr(reader, "class_names", written))
    if said != written:
        pairs = enumerate(zip_longest(written, said))
        number, (found, expected) = next(pair for pair in pairs if pair[1][0] != pair[1][1])
        raise UserError(
            f"dataset.class_names: class {number} is {found!r}, but {expected!r} in the files of "
            f"dataset={dataset.name}; write the names as they are there, in the order of the labels"
        )
    return reader


class SettingError(UserError):
    """A mistake in a config's node; its message says where."""


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Make a ValueError a UserError that begins with the key of its node, once, or with a file or key."""
    try:
        yield
    except SettingError:
        raise
    except ValueError as error:
        said = " ".join(str(error).split())
        raise SettingError(said if said.startswith(("/", "set ")) else f"{where}: {said}") from error


def located(node: DictConfig, where: str) -> Callable[..., Any]:
    """Import the class or function that `node` names; UserError if it cannot be."""
    target = str(node["_target_"])
    try:
        found = resolve_name(current(target))
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"{where}._target_={target}: cannot be imported: {error}") from error
    if not callable(found):
        raise UserError(f"{where}._target_={target}: it is no class or function")
    return cast("Callable[..., Any]", found)
