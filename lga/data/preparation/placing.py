"""Puts what was unpacked where the readers look, at once, and remembers what was put there."""

import filecmp
import json
from pathlib import Path

from lga.data.detection.index_cache import listing
from lga.data.preparation.prepared_set import Piece
from lga.system.errors import UserError
from lga.system.files import write_text

STAMPS = ".prepared"
DEPTH = 5  # folders that are searched for the wanted one
SIDE_FILES = "__MACOSX"  # a folder of one system's notes on every file, in the same folders


def find_folder(unpacked: Path, name: str, archive: Path) -> Path:
    """Return the folder called ``name`` that lies least deep.

    Args:
        unpacked: where to search.
        name: of the folder.
        archive: to name in messages.

    Raises:
        UserError: there is none.
    """
    level = [unpacked]
    for _ in range(DEPTH):
        level = sorted(path for folder in level for path in folder.iterdir() if path.is_dir())
        level = [path for path in level if path.name != SIDE_FILES]
        for path in level:
            if path.name == name:
                return path
    raise UserError(
        f"{archive}: holds no folder {name!r}, nothing was put in place; delete it and fetch it again"
    )


def merge(source: Path, target: Path) -> None:
    """Move all that is in ``source`` into ``target``; what is in both must be the same.

    Raises:
        UserError: a file is in both, with another content.
    """
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    elif source.is_dir() and target.is_dir():
        for path in sorted(source.iterdir()):
            merge(path, target / path.name)
    elif source.is_dir() or target.is_dir() or not filecmp.cmp(source, target, shallow=False):
        raise UserError(
            f"{source.name}: two archives of one set hold it, and not the same; nothing was put in place"
        )


def stands(data_dir: Path, piece: Piece) -> str | None:
    """Return, in words, that the piece is in its place, or None if nothing is there.

    Raises:
        UserError: what this command had put there is no longer whole.
    """
    target, stamp = data_dir / piece.target, _stamp(data_dir, piece)
    if not target.is_dir():
        return None
    if not stamp.is_file():
        return f"{target}: there already, not put there by this command; left as it is"
    expected, found = json.loads(stamp.read_text()), _content(target)
    if found != expected:
        raise UserError(
            f"{target}: {found['files']:,} files of {found['bytes']:,} bytes, but {expected['files']:,} of "
            f"{expected['bytes']:,} were put there; remove the folder and fetch it again"
        )
    return f"{target}: there already and whole, {found['files']:,} files"


def put_in_place(made: Path, data_dir: Path, piece: Piece) -> str:
    """Move the finished folder ``made``, on the same disk, to its place; return what was done, in words."""
    content = _content(made)
    stamp = _stamp(data_dir, piece)
    stamp.parent.mkdir(exist_ok=True)
    write_text(stamp, json.dumps(content))  # before: a folder without a stamp is somebody else's
    target = data_dir / piece.target
    target.parent.mkdir(parents=True, exist_ok=True)
    made.rename(target)
    return f"{target}: {content['files']:,} files, {content['bytes'] / 1e9:.2f} GB"


def _content(folder: Path) -> dict[str, int]:
    found = listing(folder, [folder])
    return {"files": len(found), "bytes": sum(found.values())}


def _stamp(data_dir: Path, piece: Piece) -> Path:
    return data_dir / STAMPS / f"{piece.target.replace('/', '-')}.json"
