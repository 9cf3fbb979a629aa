"""Keeps the checked annotations of a split on disk, under a name that its files' content decides.

Parsed once, then kept in one `.npz` file; a start on 118,000 images reads arrays and no annotation file.

The key is a hash over: the version of this code, who parsed it and how, the content of the annotation files,
and the names and byte sizes of the image files (the content of 20 GB of images is not read at each start).
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from lga.structures.annotations import PER_BOX, PER_IMAGE, Annotations, Dropped
from lga.system.digests import digest
from lga.system.errors import UserError
from lga.system.files import remove_unfinished, writable, write_atomically
from lga.system.foreign import files_below, sha256_of
from lga.system.locks import alone

VERSION = 3  # of what is kept: another one parses everything again


def cached_index(
    cache_dir: Path, label: str, key: Iterable[object], build: Callable[[], Annotations]
) -> Annotations:
    """Return the kept index of that key; build and keep it first if there is none.

    Several processes that start together build it once. A damaged file is built again.

    Args:
        cache_dir: made if missing; may be removed at any time.
        label: begins the file's name.
        key: everything that the index depends on.
        build: parses and checks.

    Raises:
        UserError: ``cache_dir`` cannot be written, or what ``build`` raises.
    """
    path = cache_dir / "index" / f"{label}-{digest([VERSION, *map(str, key)])[:16]}.npz"
    index = load_index(path) if path.is_file() else None
    if index is not None:
        return index
    with writable(path.parent, "paths.cache_dir"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone(path.with_name(f".{path.stem}.lock")):
            index = load_index(path) if path.is_file() else None
            if index is None:
                remove_unfinished(path.parent, path.name)
                index = build()
                write_atomically(path, partial(write_index, index))
    return index


def write_index(index: Annotations, file: IO[bytes]) -> None:
    """Write an index to an open file."""
    arrays = {name: getattr(index, name) for name in (*PER_IMAGE, *PER_BOX)}
    # Names of the annotation files are few or long: each is kept once.
    files, arrays["sources"] = np.unique(arrays["sources"], return_inverse=True)
    dropped = np.array(index.dropped, np.str_).reshape(-1, 2)
    np.savez(file, **arrays, files=files, dropped=dropped, unit=np.array(index.unit))


def load_index(path: Path) -> Annotations | None:
    """Return a written index, or None where the file is damaged or another version's."""
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = {name: content[name] for name in (*PER_IMAGE, *PER_BOX)}
            arrays["sources"] = content["files"][arrays["sources"]]
            dropped = tuple(Dropped(*row) for row in content["dropped"].tolist())
            unit = str(content["unit"])
    except (OSError, ValueError, LookupError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None
    return Annotations(**arrays, unit=unit, dropped=dropped)


def content_hash(root: Path, paths: Iterable[Path]) -> str:
    """Return one sha256 over the names, relative to ``root``, and the contents of the files."""
    total = hashlib.sha256()
    for path in paths:
        try:
            found = sha256_of(path)
        except UserError:  # parsing it says so, where that is a fault to be counted
            found = "unreadable"
        total.update(os.fsencode(path.relative_to(root)) + b"\0" + found.encode())
    return total.hexdigest()


def listing(root: Path, folder: Path) -> dict[str, int]:
    """Return byte sizes of all files below a folder, see `files_below`, by path relative to ``root``."""
    place = folder.relative_to(root).as_posix()
    prefix = "" if place == "." else f"{place}/"
    return {prefix + name: size for name, size in files_below(folder)}


def listing_hash(found: Mapping[str, object]) -> str:
    """Return one sha256 over names and what is known by them, such as byte sizes."""
    return digest(sorted(found.items()))
