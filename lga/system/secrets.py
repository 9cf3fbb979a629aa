"""Secrets that are never written down: in records, logs, configs and messages they are replaced by `***`.

Taken for secret are the values of environment variables that are named like one (`WANDB_API_KEY`, `HF_TOKEN`,
`DB_PASSWORD`), those that a config takes a value from (`${oc.env:PGPASS}`), but for its paths, and the part
of an address before `@`.
"""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "***"
SHORTEST = 8  # a shorter value would hide parts of harmless words, and is hidden only where it stands alone
_taken: set[str] = set()
_NAMED_SECRET = re.compile(
    r"(^|_)(API_?KEY|ACCESS_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_|$)", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@\"'<>]+(?=@)")


def without_secrets(text: str) -> str:
    """Return the text with every secret hidden."""
    for value in _secret_values():
        text = HIDDEN if text == value else text.replace(value, HIDDEN) if len(value) >= SHORTEST else text
    return _CREDENTIALS.sub(HIDDEN, text) if "://" in text else text


def hide_variables(names: Iterable[str]) -> None:
    """Take the values of these environment variables for secret from now on."""
    _taken.update(names)


def hide_secrets(content: Any) -> Any:
    """Return the same dicts and lists with `without_secrets` applied to every text in them, keys too."""
    if isinstance(content, str):
        return without_secrets(content)
    if isinstance(content, Mapping):
        return {hide_secrets(key): hide_secrets(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [hide_secrets(value) for value in content]
    return content


def _secret_values() -> list[str]:
    """Return the longest first: one may be a part of another."""
    secret = {value for name, value in os.environ.items() if _NAMED_SECRET.search(name)}
    values = {value.strip() for value in secret if len(value) >= SHORTEST}
    return sorted((values | {os.environ.get(name, "") for name in _taken}) - {""}, key=len, reverse=True)
