"""Where runs, records, tables and pages go, unless a command is told otherwise."""

import os
from pathlib import Path


def outputs(*parts: str) -> Path:
    """A path below LGA_OUTPUT_DIR of the environment, where runs are left, or below outputs/."""
    return Path(os.environ.get("LGA_OUTPUT_DIR", "outputs"), *parts)
