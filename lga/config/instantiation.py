"""From a config node to an object: the only place that calls Hydra's `instantiate`."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    with naming(where):
        try:
            return instantiate({**node, "_target_": current(target)}, _convert_="all")
        except InstantiationException as error:
            if isinstance(error.__cause__, UserError):
                raise error.__cause__ from error
            raise


class SettingError(UserError):
    """A mistake in the settings of a config's node; the message begins with the node's key."""


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Begin the message of a UserError, which names an argument, with the key of its node: once."""
    try:
        yield
    except SettingError:
        raise
    except UserError as error:
        raise SettingError(f"{where}: {error}") from error


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
