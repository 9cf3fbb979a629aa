"""One hash for plain values: of a configuration, a record, a list of files."""

import hashlib
import json
from typing import Any


def digest(content: Any) -> str:
    """Return the SHA-256 of what JSON can hold; the order of keys does not count, that of lists does."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
