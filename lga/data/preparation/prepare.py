"""Bring one set to where its reader looks: fetch, check, unpack, put in place; whole pieces only.

What was put in place is remembered, and checked the next time.
"""

import filecmp
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from lga.data.download import RemoteFile, download
from lga.data.preparation.catalogue import ArchivedSet, Piece
from lga.data.preparation.extraction import extract
from lga.system.errors import UserError
from lga.system.files import writable, write_atomically
from lga.system.foreign import files_below, parse_json, read_file
from lga.system.locks import alone
from lga.system.progress import Progress
from lga.system.resources import check_room

STAMPS = ".prepared"
DEPTH = 5  # folders that are searched for the wanted one
SIDE_FILES = "__MACOSX"  # a folder of one system's notes on every file, in the same folders
DOWNLOADS = "downloads"  # in the data folder: archives, and what a cut left of them
UNPACKING = ".unpacking"
Tell = Callable[[str], None]


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
    again = f"remove {stamp}, and {target} if it is not whole"
    expected, found = parse_json(read_file(stamp), _Content, str(stamp), again), _content(target)
    if found != expected:
        raise UserError(
            f"{target}: {found.files:,} files of {found.bytes:,} bytes, but {expected.files:,} of "
            f"{expected.bytes:,} were put there; remove the folder and fetch it again"
        )
    return f"{target}: there already and whole, {found.files:,} files"


def put_in_place(made: Path, data_dir: Path, piece: Piece) -> str:
    """Move the finished folder ``made``, on the same disk, to its place; return what was done, in words."""
    content = _content(made)
    stamp = _stamp(data_dir, piece)
    stamp.parent.mkdir(exist_ok=True)
    # Before the move: a folder without a stamp is somebody else's.
    write_atomically(stamp, lambda file: file.write(msgspec.json.encode(content)))
    target = data_dir / piece.target
    target.parent.mkdir(parents=True, exist_ok=True)
    made.rename(target)
    return f"{target}: {content.files:,} files, {content.bytes / 1e9:.2f} GB"


class _Content(msgspec.Struct):
    """How much a folder holds."""

    files: int
    bytes: int


def _content(folder: Path) -> _Content:
    found = [size for _, size in files_below(folder)]
    return _Content(len(found), sum(found))


def _stamp(data_dir: Path, piece: Piece) -> Path:
    return data_dir / STAMPS / f"{piece.target.replace('/', '-')}.json"


def prepare(
    chosen: ArchivedSet,
    data_dir: Path,
    tell: Tell,
    *,
    keep_archives: bool = False,
    source: Path | None = None,
) -> None:
    """Fetch what is missing of a set.

    Args:
        chosen: the set.
        data_dir: folder of all sets; made if missing.
        tell: called with what was done, a line at a time.
        keep_archives: leave the archives in ``<data_dir>/downloads``.
        source: folder that holds the archives; nothing is fetched then, and nothing in it is changed.

    Raises:
        UserError: something failed; the message says what, and what to do.
    """
    with writable(data_dir, "--data-dir"):
        data_dir.mkdir(parents=True, exist_ok=True)
        with alone(data_dir / ".preparing.lock"):
            missing = _missing(chosen, data_dir, tell)
            check_room(
                data_dir, sum(_planned_bytes(piece, source or data_dir / DOWNLOADS) for piece in missing)
            )
            for piece in missing:
                _prepare_piece(piece, data_dir, tell, source)
                if not keep_archives and source is None:
                    for archive in piece.archives:
                        (data_dir / DOWNLOADS / archive.file.name).unlink()


def _missing(chosen: ArchivedSet, data_dir: Path, tell: Tell) -> list[Piece]:
    missing = []
    for piece in chosen.pieces:
        text = stands(data_dir, piece)
        if text:
            tell(text)
        else:
            missing.append(piece)
    return missing


def _planned_bytes(piece: Piece, archives: Path) -> int:
    """Return what fetching and unpacking a piece takes: images unpack to about the archive's size."""
    files = [archive.file for archive in piece.archives]
    fetched = [file for file in files if not (archives / file.name).is_file()]
    return sum(file.planned_bytes for file in (*files, *fetched))


def _prepare_piece(piece: Piece, data_dir: Path, tell: Tell, source: Path | None) -> None:
    paths = [_archive(archive.file, data_dir / DOWNLOADS, tell, source) for archive in piece.archives]
    working = data_dir / UNPACKING
    shutil.rmtree(working, ignore_errors=True)  # of one that was killed
    try:
        for number, (archive, path) in enumerate(zip(piece.archives, paths, strict=True)):
            with Progress(f"unpacking {path.name}", None, "bytes", summary=False) as progress:
                extract(path, working / str(number), on_member=progress.reach)
            merge(find_folder(working / str(number), archive.folder, path), working / "made")
        tell(put_in_place(working / "made", data_dir, piece))
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _archive(file: RemoteFile, folder: Path, tell: Tell, source: Path | None) -> Path:
    """Return where a whole and checked archive lies: in ``source``, or in ``folder`` after fetching it."""
    if source is None:
        with Progress(file.name, None, "bytes", summary=False) as progress:
            path = download(file, folder, progress.reach)
    elif not (path := source / file.name).is_file():
        raise UserError(f"{path}: is not there, nothing was put in place; without --from it is fetched")
    elif fault := file.fault(path):
        raise UserError(f"{path}: not the published file: {fault}; without --from it is fetched")
    checked = "checksum right" if file.has_checksum else "no checksum is published"
    tell(f"{path}: {path.stat().st_size:,} bytes, {checked}")
    return path
