"""Whether there is room for what is about to be written."""

import shutil
from pathlib import Path

from lga.system.errors import UserError

SPARE = 2**28  # bytes that stay free


def free_bytes(folder: Path) -> int:
    """Return how much may be written below ``folder``, which need not exist yet."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    return max(0, shutil.disk_usage(there).free - SPARE)


def check_room(folder: Path, needed: int) -> None:
    """Raise a UserError unless ``needed`` bytes may be written below ``folder``."""
    free = free_bytes(folder)
    if needed > free:
        raise UserError(
            f"{folder}: {needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free; "
            "make room, or choose another folder with --data-dir"
        )
