"""A run's config as flat settings, and how two configs differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lga.config.frozen_run import UNLESS_NULL, UNLESS_ONE, identifying
from lga.results.labels import UNSET, setting_text

SHOWN_DIFFERENCES = 6
_DEFAULTS: Mapping[str, Any] = {**dict.fromkeys(UNLESS_ONE, 1), **dict.fromkeys(UNLESS_NULL)}


def flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a nested config under its dotted name."""
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{name}.")
        else:
            yield name, value


def without(settings: Mapping[str, Any], *nodes: str) -> dict[str, Any]:
    """Return the settings that are neither one of `nodes` nor below one."""
    below = tuple(f"{node}." for node in nodes)
    return {
        name: value for name, value in settings.items() if name not in nodes and not name.startswith(below)
    }


def recipe(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what runs that differ in their seed alone share: their identities are hashes of it."""
    settings = without(dict(flatten(identifying(config))), "seed")
    return {name: value for name, value in settings.items() if value != {}}


def distinctions(all_settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each of several settings, in words that in which it differs from the others; may be empty.

    What one setting hands on to another, as `recipe.epochs` to `task.data.epochs`, is said once.
    """
    texts: dict[tuple[str, ...], None] = {}
    names = {name for settings in all_settings for name in settings}
    for name in sorted(names, key=lambda name: (name != "recipe.epochs", name.count("."), name)):
        column = tuple(
            setting_text(name, settings.get(name, _DEFAULTS.get(name, UNSET))) for settings in all_settings
        )
        if len(set(column)) > 1:
            texts[column] = None
    joined = [", ".join(column) for column in zip(*list(texts)[:SHOWN_DIFFERENCES], strict=True)]
    more = len(texts) - SHOWN_DIFFERENCES
    return [f"{text} and {more} more" if more > 0 else text for text in joined] or [""] * len(all_settings)
