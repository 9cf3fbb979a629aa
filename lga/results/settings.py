"""A run's config as flat settings, and how two configs differ."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lga.config.frozen_run import NEUTRAL, UNLESS_ONE
from lga.config.instantiation import first

SHOWN_DIFFERENCES = 3


def flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a nested config under its dotted name."""
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{name}.")
        else:
            yield name, value


def without(settings: Mapping[str, Any], *nodes: str) -> dict[str, Any]:
    """The settings that are neither one of `nodes` nor below one."""
    below = tuple(f"{node}." for node in nodes)
    return {
        name: value for name, value in settings.items() if name not in nodes and not name.startswith(below)
    }


def recipe(config: Mapping[str, Any]) -> dict[str, Any]:
    """What runs that differ in nothing but their seed have in common.

    Settings that are one are left out where one is the same as not knowing them. What moved has its first
    name.
    """
    settings = without(dict(flatten(config)), "seed", *NEUTRAL)
    return {
        name: first(name, value)
        for name, value in settings.items()
        if not (name in UNLESS_ONE and value == 1)
    }


def stands_in(settings: Mapping[str, object], cell: Mapping[str, object]) -> bool:
    """Whether a run's settings are a cell's, which may know more of them."""
    alike = all(name in cell and cell[name] == value for name, value in settings.items())
    return alike and not any(name in cell and name not in settings for name in UNLESS_ONE)


def digest(settings: Mapping[str, Any]) -> str:
    """A hash that is equal for equal settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def distinctions(all_settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each of several settings, the few values in which it differs from the others; may be empty."""
    names = sorted({name for settings in all_settings for name in settings})
    differing = [name for name in names if len({_shown(settings, name) for settings in all_settings}) > 1]
    more = len(differing) - SHOWN_DIFFERENCES
    ending = f" and {more} more" if more > 0 else ""
    shown = differing[:SHOWN_DIFFERENCES]
    return [
        ", ".join(f"{name}={_shown(settings, name)}" for name in shown) + ending for settings in all_settings
    ]


def _shown(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name, "unset")
    return value if isinstance(value, str) else json.dumps(value)
