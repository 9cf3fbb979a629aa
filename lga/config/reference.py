"""What can be chosen and set, for `run.py --help` and `lga keys`: read from `conf/` and from the schema."""

import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from omegaconf import OmegaConf
from pydantic import AfterValidator
from pydantic.fields import FieldInfo

from lga.config.compose import CONFIG_DIR, composed_or_explained, groups, options, unknown_key
from lga.config.schema import Config
from lga.config.values import LARGEST, Flag, PathText
from lga.system.errors import UserError

_BOUNDS = {
    "ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}",
    "max_length": "at most {} characters",
}  # fmt: skip
_KINDS = {
    Any: "anything", dict: "mapping", list: "list", str: "text", int: "whole number", float: "number",
    bool: "true or false",
}  # fmt: skip
_COLUMN, _WIDEST = 42, 75


class Key(NamedTuple):
    """A key of the schema: its value in a config (None: it is a section), what it takes, and its line."""

    name: str
    value: str | None
    takes: str
    line: str

    def is_within(self, section: str) -> bool:
        """Return whether it is that section or key, or a key of it."""
        return f"{self.name}.".startswith(f"{section}.")


def help_text(folder: str | None = None) -> str:
    """Return how runs are written, and the groups with their options, those of a folder of one's own too."""
    lines = []
    for group in groups():
        own = [path.stem for path in (Path(folder) / group).glob("*.yaml")] if folder else []
        lines.append(f"{group}: {', '.join([*options(group), *own])}")
        folders = (path for path in (CONFIG_DIR / group).rglob("*") if any(path.glob("[!_]*.yaml")))
        named = sorted(path.relative_to(CONFIG_DIR).as_posix() for path in folders)
        lines += [f"{group}={name.partition('/')[2]}/...: {', '.join(options(name))}" for name in named]
    head = (CONFIG_DIR / "help.txt").read_text(encoding="utf-8")
    return "\n".join([head, *(textwrap.fill(line, 110, subsequent_indent="    ") for line in lines)])


def print_keys(arguments: Sequence[str]) -> None:
    """Print a line for each key of the sections, or for those keys, as the overrides among them set it."""
    sections = [each for each in arguments if "=" not in each]
    found = list(keys([each for each in arguments if "=" in each]))
    wanted = [key for key in found if not sections or any(map(key.is_within, sections))]
    for section in sections:
        if not any(key.is_within(section) for key in found):
            raise UserError(unknown_key(section, ()))
    for name, value, takes, line in wanted:
        setting = name if value is None else f"{name}={value}"
        short = textwrap.shorten(setting, _WIDEST, placeholder=" ...")
        print(short.ljust(_COLUMN), takes.ljust(_COLUMN), line)


def keys(overrides: Sequence[str] = ()) -> Iterator[Key]:
    """Yield every key with its value in the composed config; nothing where its section is left out."""
    config = composed_or_explained(overrides)
    for name, hint, line in _walked(Config):
        parent, _, key = name.rpartition(".")
        section = OmegaConf.select(config, parent) if parent else config
        unset = section is None or OmegaConf.is_missing(section, key)
        value = None if _is_section(hint) else "" if unset else _shown(section[key])
        yield Key(name, value, _takes(name, hint), line)


def _walked(schema: type, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Yield name, type and line of each key."""
    lines = _comments(schema)
    for key, hint in get_type_hints(schema, include_extras=True).items():
        section = next((each for each in (hint, *get_args(hint)) if _is_section(each)), None)
        yield prefix + key, section or hint, lines.get(key, "")
        if section:
            yield from _walked(section, f"{prefix}{key}.")


def _is_section(hint: Any) -> bool:
    return isinstance(hint, type) and is_dataclass(hint)


def _comments(schema: type) -> dict[str, str]:
    """Return the comment beside each field of a class, or above it."""
    said, above = {}, ""
    for line in inspect.getsource(schema).splitlines():
        if found := re.match(r"    (\w+): .*?(?:  # (.*))?$", line):
            said[found[1]], above = found[2] or above, ""
        elif found := re.match(r"    # (.*)", line):
            above = found[1]
    return said


def _shown(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    return str(value.get("_target_", "{...}") if OmegaConf.is_dict(value) and value else value)


def _takes(name: str, hint: Any) -> str:
    """Return the type and bounds, or the words, of an annotation."""
    hint = bool if hint is Flag else hint
    if _is_section(hint):
        return f"{name}=<option>" if options(name) else "section"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(each.value for each in hint)
    if type(None) in get_args(hint):
        (plain,) = (each for each in get_args(hint) if each is not type(None))
        return f"{_takes(name, plain)}, or null"
    if hint != PathText and get_origin(hint) is Annotated:
        kind, *rules = get_args(hint)
        for rule in rules:
            if isinstance(rule, AfterValidator) and isinstance(rule.func, partial):
                return str(rule.func.args[0]).removeprefix("valid: ")
        bounds = [each for rule in rules if isinstance(rule, FieldInfo) for each in rule.metadata]
        parts = [
            text.format(limit)
            for each in bounds
            for bound, text in _BOUNDS.items()
            if (limit := getattr(each, bound, LARGEST)) != LARGEST
        ]
        return ", ".join([_takes(name, kind), *parts])
    return "path" if hint == PathText else _KINDS[get_origin(hint) or hint]
