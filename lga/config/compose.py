"""Compose a config of overrides; say in one line why it cannot be, naming what would be valid."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, MissingMandatoryValue, OmegaConfBaseException, ValidationError

from lga.config.schema import register_schema
from lga.system.errors import UserError
from lga.system.files import own_configs, shipped
from lga.system.terminal_text import first_line

CONFIG_DIR = shipped("conf")
_TYPES = {"Integer": "a whole number", "Float": "a number", "Boolean": "true or false", "String": "a text"}
CONFIG_ERRORS = (HydraException, OmegaConfBaseException)


def config_dirs() -> tuple[Path, ...]:
    """Return the folders of configs: the project's, then the user's."""
    return CONFIG_DIR, *own_configs()


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
        try:
            composed: DictConfig = hydra.compose("config", overrides=list(overrides))
        except CONFIG_ERRORS:
            raise
        except Exception as error:  # of some overrides Hydra and OmegaConf raise others, by mistake
            raise HydraException(str(error)) from error
    return composed


def explain(error: Exception, arguments: Sequence[str]) -> str:
    """Return one line for `error`: what is wrong, and the choices there are.

    `arguments` are the command line's, which say what groups were chosen.
    """
    text = str(error)
    cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
    misread = next(
        (each for each in (error, error.__cause__) if isinstance(each, OverrideParseException)), None
    )
    if misread:
        message = _unreadable(misread.override)
    elif "NoneType" in text and (within := _within_nothing(arguments)):
        message = within
    elif found := re.search(r"Ambiguous value for argument '(([^=]+)=(.*))'", text):
        message = f"{found[1]}: to run each of them, add -m; one list is written {found[2]}=[{found[3]}]"
    elif isinstance(cause, MissingMandatoryValue) or text.startswith("Error merging override ~"):
        message = _missing(str(getattr(cause, "full_key", "")), arguments)
    elif found := re.search(r"[Cc]ould not (?:find|load) '([\w/]+)/([^'/]*)'", text):
        message = _unknown_option(*found.groups())
    elif found := re.search(r"Could not override '([^']+)'", text):
        message = unknown_key(found[1], arguments)
    elif isinstance(cause, ConfigKeyError) and cause.full_key:
        message = unknown_key(cause.full_key, arguments)
    elif found := re.search(r"(?:In '([^']+)': )?ConfigKeyError.*full_key: (\S+)", text, re.DOTALL):
        message = (f"conf/{found[1]}.yaml: " if found[1] else "") + unknown_key(found[2], arguments)
    elif isinstance(cause, ValidationError) and cause.full_key:
        message = _no_value(cause.full_key, first_line(cause))
    else:
        message = " ".join(text.split())
    return message


def _no_value(key: str, text: str) -> str:
    """Return OmegaConf's words on a value of another type; where it could not be converted, ours."""
    if found := re.fullmatch(
        r"Value '(.*)' of type '.*' (?:could not be converted to|is not a) (\w+).*", text
    ):
        return f"{key}={found[1]}: {_TYPES.get(found[2], found[2])}"
    return f"{key}: {text}"


def _unreadable(override: str) -> str:
    """Return what to write in place of an override that is none, or whose value cannot be read."""
    key, equals, value = override.partition("=")
    if equals:
        return f"""{override}: the value cannot be read; quote it: '{key}="{value}"'"""
    owners = [group for group in groups() if override in (*options(group), group)]
    written = f"{owners[0]}={'<option>' if override == owners[0] else override}" if owners else "key=value"
    return f"{override}: write {written}; python run.py --help lists what there is"


def _within_nothing(arguments: Sequence[str]) -> str | None:
    """Return what to say of the first override whose group has no settings, which Hydra does not name."""
    base = _base_config(arguments)
    for argument in arguments:
        key, _, value = argument.lstrip("+~").partition("=")
        group = key if value.startswith("{") else key.rpartition(".")[0]
        if group and OmegaConf.select(base, group) is None:
            return f"{argument}: {group} has no settings here; leave it out, or choose what has some"
    return None


def _missing(full_key: str, arguments: Sequence[str]) -> str:
    if not (left_out := [each for each in arguments if each.startswith("~")]):
        return f"{full_key}: it has no value; set it with {full_key}="
    key = left_out[0].lstrip("~").partition("=")[0]
    valid = f", valid: {', '.join(options(key))}" if options(key) else ""
    return f"{left_out[0]}: a run needs it; set {key}={valid}"


def options(group: str) -> list[str]:
    """Return what a group can be set to, without files that others are made of."""
    files = (path for folder in config_dirs() for path in (folder / group).glob("[!_]*.yaml"))
    return sorted({path.stem for path in files})


def _unknown_option(group: str, option: str) -> str:
    if "//" in group or option.endswith((".yaml", ".yml")):
        name, path = group.partition("/")[0], Path(f"{group}/{option}".partition("/")[2])
        return (
            f"{name}={path}: an option is a name; put a file of your own at DIR/{name}/{path.stem}.yaml and "
            f"write {name}={path.stem} --config-dir DIR"
        )
    if group in ("backbone/timm", "attention/timm"):
        group = group.removesuffix("/timm")
        return f"{group}=timm/{option}: not a timm model; those have lower-case letters, digits and _ alone"
    if not (valid := options(group)):
        return f"{group}={option}: there is no group '{group}'; {nearest(group, groups())}"
    if group in ("backbone", "attention"):
        valid.append("timm/<name>")
    return f"{group}={option}: no such option; {nearest(option, valid)}"


def unknown_key(full_key: str, arguments: Sequence[str]) -> str:
    """Return one line on a key that there is not, in the config of these arguments."""
    *parents, key = full_key.split(".")
    node: object = _base_config(arguments)
    for parent in parents:
        node = node.get(parent) if isinstance(node, Mapping | DictConfig) else None
    valid = [str(name) for name in node] if isinstance(node, Mapping | DictConfig) else []
    if key in valid:
        return (
            f"{full_key}: there is nothing of that name in it; add what is new as +{full_key}.<name>=<value>"
        )
    where = f" of {'.'.join(parents)}" if parents else ""
    return f"{full_key}: no such key{where}; {nearest(key, valid)}"


def _base_config(arguments: Sequence[str]) -> DictConfig:
    """Return the config with the groups chosen on the command line and nothing else of it."""
    keys = set(groups()) - {"experiment"}
    chosen = [each for each in arguments if each.split("=", 1)[0] in keys and "," not in each]
    try:
        return compose(chosen)
    except CONFIG_ERRORS:
        return compose()


def groups() -> list[str]:
    """Return the groups of `conf/`."""
    return sorted(path.name for path in CONFIG_DIR.iterdir() if path.is_dir() and path.name != "hydra")


def nearest(wrong: str, valid: Iterable[str]) -> str:
    """Return what a mistyped name may have meant, and all that are valid."""
    names = list(valid)
    close = [each for each in names if wrong and each.startswith(wrong)]
    close = close or difflib.get_close_matches(wrong, names, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}valid: {', '.join(names)}" if names else "it cannot be set"


def composed_or_explained(overrides: Sequence[str]) -> DictConfig:
    """Return the composed config; raise a UserError of one line for overrides that do not fit."""
    try:
        return compose(overrides)
    except CONFIG_ERRORS as error:
        raise UserError(explain(error, overrides)) from error
