"""Overrides of the command line, written as Python values; a class in place of an attention's name."""

import re
from collections.abc import Mapping, Sequence
from pkgutil import resolve_name
from typing import Any

from lga.config.compose import composed_or_explained
from lga.config.frozen_run import FrozenRun, freeze
from lga.system.errors import UserError

_BARE = re.compile(r"[\w./+:@-]+")


def frozen(overrides: Sequence[str] = (), choices: Mapping[str, Any] | None = None) -> FrozenRun:
    """Return the run of `python run.py <overrides> <choices>`; what does not fit is a UserError."""
    if isinstance(overrides, str):
        raise UserError(f"{overrides}: give a list of overrides, such as ['dataset=digits', 'seed=1']")
    written = (*overrides, *as_overrides(choices or {}))
    return freeze(composed_or_explained(written), written)


def as_overrides(choices: Mapping[str, Any]) -> list[str]:
    """Return the choices as the command line has them: `{"seed": 1}` as `seed=1`."""
    written: list[str] = []
    for key, value in choices.items():
        if isinstance(value, type) and key == "attention":
            written += _own_block(value)
        else:
            written.append(f"{key}={_text(value)}")
    return written


def _own_block(block: type) -> list[str]:
    """Return the overrides for a block of one's own, which its import path names."""
    target = f"{block.__module__}.{block.__qualname__}"
    try:
        reachable = block.__module__ != "__main__" and resolve_name(target) is block
    except (ImportError, AttributeError, ValueError):
        reachable = False
    if not reachable:
        raise UserError(
            f"{block.__qualname__}: it cannot be imported as {target}; put the class at the top of a file of "
            "its own and import it from there, since a run's record names its block by that path"
        )
    return ["attention=none", f"attention.name={block.__name__}", f"attention.block._target_={target}"]


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(each) for each in value) + "]"
    text = str(value)
    return text if _BARE.fullmatch(text) else "'" + text.replace("'", r"\'") + "'"
