"""Brings one set to where its reader looks: fetch, check, unpack, put in place; whole pieces only."""

import shutil
from collections.abc import Callable
from pathlib import Path

from lga.data.preparation.download import download
from lga.data.preparation.extraction import extract
from lga.data.preparation.placing import find_folder, merge, put_in_place, stands
from lga.data.preparation.prepared_set import ArchivedSet, Piece
from lga.data.preparation.progress_bar import progress_bar
from lga.data.preparation.remote_file import RemoteFile
from lga.system.errors import UserError
from lga.system.files import writable
from lga.system.locks import alone
from lga.system.resources import check_room

DOWNLOADS = "downloads"  # in the data folder: archives, and what a cut left of them
UNPACKING = ".unpacking"

Tell = Callable[[str], None]


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
        tell: told what was done, a line at a time.
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
        told = stands(data_dir, piece)
        if told:
            tell(told)
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
            with progress_bar(f"unpacking {path.name}") as on_member:
                extract(path, working / str(number), on_member=on_member)
            merge(find_folder(working / str(number), archive.folder, path), working / "made")
        tell(put_in_place(working / "made", data_dir, piece))
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _archive(file: RemoteFile, folder: Path, tell: Tell, source: Path | None) -> Path:
    """Return where a whole and checked archive lies: in ``source``, or in ``folder`` after fetching it."""
    if source is None:
        with progress_bar(file.name) as on_bytes:
            path = download(file, folder, on_bytes)
    elif not (path := source / file.name).is_file():
        raise UserError(f"{path}: is not there, nothing was put in place; without --from it is fetched")
    elif fault := file.fault(path):
        raise UserError(f"{path}: not the published file: {fault}; without --from it is fetched")
    checked = "checksum right" if file.has_checksum else "no checksum is published"
    tell(f"{path}: {path.stat().st_size:,} bytes, {checked}")
    return path
