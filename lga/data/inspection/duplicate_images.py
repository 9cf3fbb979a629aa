"""Image files of the same content.

Only files of equal byte size can be alike, and of those only files whose last bytes are: no other file is
read whole, so that a set of 20 GB is not.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from lga.data.detection.watching import Watch, unwatched

TAIL = 4096  # bytes; the end of a compressed image depends on all of it


def duplicate_images(root: Path, byte_sizes: Mapping[str, int], watch: Watch = unwatched) -> list[list[str]]:
    """Return the groups of files that are alike, names and groups in alphabetical order.

    Args:
        root: that names are relative to.
        byte_sizes: of each file, by name.
        watch: sees how far it is.
    """
    sized = _alike(byte_sizes, lambda name: byte_sizes[name])
    candidates = [name for group in sized for name in group]
    tails = {name: _tail(root / name) for name in watch(candidates, "files of equal size compared")}
    ended = [group for same_size in sized for group in _alike(same_size, lambda name: tails[name])]
    hashes = {name: _content(root / name) for group in ended for name in group}
    return sorted(group for same_end in ended for group in _alike(same_end, lambda name: hashes[name]))


def _alike(names: Iterable[str], key: Callable[[str], object]) -> list[list[str]]:
    """Return the groups, of two names at least, for which the key is the same."""
    groups: dict[object, list[str]] = {}
    for name in sorted(names):
        groups.setdefault(key(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL), os.SEEK_SET)
        return hashlib.sha256(file.read()).digest()


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
