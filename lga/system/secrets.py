"""Secrets that are never written down: in records, logs, configs and messages they are replaced by `***`.

Taken for secret are the values of environment variables that are named like one (`WANDB_API_KEY`, `HF_TOKEN`,
`DB_PASSWORD`), which a config can name as `${oc.env:WANDB_API_KEY}` and an error can repeat, and the part of
an address before `@`.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
SHORTEST = 8  # a shorter value would hide parts of harmless words
_NAMED_SECRET = re.compile(
    r"(^|_)(API_?KEY|ACCESS_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_|$)", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@\"'<>]+(?=@)")


def without_secrets(text: str) -> str:
    """Return the text with every secret hidden."""
    for value in _secret_values():
        text = text.replace(value, HIDDEN)
    return _CREDENTIALS.sub(HIDDEN, text) if "://" in text else text


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
    values = {value.strip() for name, value in os.environ.items() if _NAMED_SECRET.search(name)}
    return sorted((value for value in values if len(value) >= SHORTEST), key=len, reverse=True)
