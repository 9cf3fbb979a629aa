"""What a variant of the block is called: the settings in which it differs from the released one, in words."""

from collections.abc import Mapping
from typing import Any

ALPHAS = ("alpha", "alpha_local", "alpha_global")


def block_label(block: Mapping[str, Any], released: Mapping[str, Any]) -> str:
    """Return such as ``alphas frozen at 0.25 / 0.75`` or ``heads 12``; empty where nothing differs.

    Args:
        block: config of the variant.
        released: config of the same class that is the released block.
    """
    differing = [name for name in block if block[name] != released.get(name)]
    words = [_setting(name, block[name]) for name in differing if name not in ALPHAS]
    if any(name in ALPHAS for name in differing):
        words.insert(0, _alphas(block))
    return ", ".join(words)


def frozen_alpha(block: Mapping[str, Any]) -> float | None:
    """Return the local branches' alpha where it is not learned, else None."""
    return float(block["alpha_local"]) if block.get("alpha") == "frozen" else None


def _alphas(block: Mapping[str, Any]) -> str:
    kind, local, universal = (block[name] for name in ALPHAS)
    place = "at" if kind == "frozen" else "from"
    return f"alphas {_words(kind)} {place} {local:g} / {universal:g}"


def _setting(name: str, value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return _words(name) if value else f"no {_words(name)}"
    values = value if isinstance(value, list) else [value]
    return f"{_words(name)} {', '.join(_words(str(each)) for each in values)}"


def _words(text: str) -> str:
    return text.replace("_", " ")
