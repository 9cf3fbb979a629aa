"""From a config node to an object: the only place that calls Hydra's `instantiate`."""

import inspect
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any, cast

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig

from lga.config.moved import current
from lga.system.errors import UserError


def make(node: DictConfig, where: str) -> Any:
    """Instantiates `node`; an unknown target or keyword is a UserError naming the valid ones."""
    target, valid = str(node["_target_"]), list(inspect.signature(located(node, where)).parameters)
    unknown = [str(key) for key in node if not str(key).startswith("_") and str(key) not in valid]
    if unknown:
        raise UserError(f"{where}.{unknown[0]}: no such setting of {target}; valid: {', '.join(valid)}")
    try:
        return instantiate({**node, "_target_": current(target)}, _convert_="all")
    except InstantiationException as error:
        if isinstance(error.__cause__, UserError):
            raise error.__cause__ from error
        raise


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
