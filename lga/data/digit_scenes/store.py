"""Keeps made scenes on disk: made once by whichever process comes first, whole or not at all, and checked.

A folder ``<size>-<hash>`` comes into being by a rename, so that one that exists is complete. The hash is of
the settings. ``manifest.json`` in it holds the sha256 of each file.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from lga.system.errors import UserError
from lga.system.locks import alone

MANIFEST = "manifest.json"


def stored(folder: Path, make: Callable[[Path], None]) -> dict[str, str]:
    """Return the sha256 of each file in a folder; make the folder first if there is none.

    Args:
        folder: bears the hash of the settings.
        make: writes the files into the empty folder that it is given.

    Raises:
        UserError: the folder cannot be written, or its files are not those that were made.
    """
    if not folder.is_dir():
        try:
            _make_once(folder, make)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(
                f"cannot write under {folder.parent}: {reason}; choose another folder with paths.data_dir="
            ) from error
    return _checked(folder)


def _make_once(folder: Path, make: Callable[[Path], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder.with_name(f".{folder.name}.lock")):
        if folder.is_dir():
            return
        unfinished = folder.with_name(f".{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed
        unfinished.mkdir()
        try:
            make(unfinished)
            manifest = {path.name: sha256_of(path) for path in sorted(unfinished.iterdir())}
            (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)  # what a failure left


def _checked(folder: Path) -> dict[str, str]:
    advice = "remove this folder, and it is made again"
    try:
        manifest: dict[str, str] = json.loads((folder / MANIFEST).read_text())
        if not manifest:
            raise UserError(f"{folder / MANIFEST}: names no file; {advice}")
        for name, expected in manifest.items():
            if sha256_of(folder / name) != expected:
                raise UserError(f"{folder / name}: not as it was made (its sha256 differs); {advice}")
    except (OSError, json.JSONDecodeError, AttributeError) as error:
        raise UserError(f"{folder}: incomplete ({error}); {advice}") from error
    return manifest


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
