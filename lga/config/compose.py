"""Compose a config of overrides; say in one line why it cannot be, naming what would be valid."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException, ValidationError

from lga.config.schema import register_schema
from lga.system.errors import UserError
from lga.system.files import shipped
from lga.system.terminal_text import first_line

CONFIG_DIR = shipped("conf")
CONFIG_ERRORS = (HydraException, OmegaConfBaseException)


@contextmanager
def initialised() -> Iterator[None]:
    """Initialise Hydra with this project's configs, within a Hydra application too."""
    register_schema()
    running, GlobalHydra.instance().hydra = GlobalHydra.instance().hydra, None
    try:
        with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONFIG_DIR)):
            yield
    finally:
        GlobalHydra.instance().hydra = running


def compose(overrides: Sequence[str] = ()) -> DictConfig:
    """Return the config that `python run.py <overrides>` would run."""
    with initialised():
        composed: DictConfig = hydra.compose("config", overrides=list(overrides))
    return composed


def explain(error: Exception, arguments: Sequence[str]) -> str:
    """Return one line for `error`: what is wrong, and the choices there are.

    `arguments` are the command line's, which say what groups were chosen.
    """
    text = str(error)
    cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
    if found := re.search(r"[Cc]ould not find '([\w/]+)/([^'/]*)'", text):
        return _unknown_option(*found.groups())
    if found := re.search(r"Could not override '([^']+)'", text):
        return _unknown_key(found[1], arguments)
    if isinstance(cause, ConfigKeyError) and cause.full_key:
        return _unknown_key(cause.full_key, arguments)
    if found := re.search(r"(?:In '([^']+)': )?ConfigKeyError.*full_key: (\S+)", text, re.DOTALL):
        return _in(found[1]) + _unknown_key(found[2], arguments)
    if isinstance(cause, ValidationError) and cause.full_key:
        return f"{cause.full_key}: {first_line(cause)}"
    return " ".join(text.split())


def _unknown_option(group: str, option: str) -> str:
    if group == "backbone/timm":
        return f"backbone=timm/{option}: no name of timm's, which are of the letters a to z, digits and _"
    options = sorted(
        path.stem for path in (CONFIG_DIR / group).glob("*.yaml") if not path.stem.startswith("_")
    )
    if group == "backbone":
        options.append("timm/<name>")
    if not options:
        return f"{group}={option}: there is no group '{group}'; {_nearest(group, _groups())}"
    return f"{group}={option}: no such option; {_nearest(option, options)}"


def _unknown_key(full_key: str, arguments: Sequence[str]) -> str:
    *parents, key = full_key.split(".")
    node: object = _base_config(arguments)
    for parent in parents:
        node = node.get(parent) if isinstance(node, Mapping | DictConfig) else None
    valid = [str(name) for name in node] if isinstance(node, Mapping | DictConfig) else []
    where = f" of {'.'.join(parents)}" if parents else ""
    return f"{full_key}: no such key{where}; {_nearest(key, valid)}"


def _base_config(arguments: Sequence[str]) -> DictConfig:
    """Return the config with the groups chosen on the command line and nothing else of it."""
    groups = {group for group in _groups() if group != "experiment"}
    chosen = [
        argument for argument in arguments if argument.split("=", 1)[0] in groups and "," not in argument
    ]
    try:
        return compose(chosen)
    except CONFIG_ERRORS:
        return compose()


def _groups() -> list[str]:
    return sorted(path.name for path in CONFIG_DIR.iterdir() if path.is_dir() and path.name != "hydra")


def _nearest(wrong: str, valid: Iterable[str]) -> str:
    names = list(valid)
    close = difflib.get_close_matches(wrong, names, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}valid: {', '.join(names)}" if names else "it cannot be set"


def _in(config: str | None) -> str:
    return f"conf/{config}.yaml: " if config else ""


def composed_or_told(overrides: Sequence[str]) -> DictConfig:
    """Return the composed config; raise a UserError of one line for overrides that do not fit."""
    try:
        return compose(overrides)
    except CONFIG_ERRORS as error:
        raise UserError(explain(error, overrides)) from error
