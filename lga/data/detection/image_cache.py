"""The optional cache of resized images, so that not every epoch decodes and shrinks each file again.

It lies in memory, for the length of a run, or on disk below the cache folder: made once, whole or not at all,
by whichever process comes first, and used again by later runs. The name of its file bears a hash of what
decides the pixels; an image is known by its name and byte size, as in the index of a split.
"""

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.image_stores import FileImages
from lga.data.detection.resized_images import ResizedImages, kept_sizes, offsets_of, write_resized
from lga.data.detection.splits import DetectionSource
from lga.system.digests import digest
from lga.system.errors import UserError
from lga.system.files import remove_unfinished, writable, write_atomically
from lga.system.locks import alone
from lga.system.progress import Progress
from lga.system.resources import available_memory

VERSION = 1  # of what is kept: another one makes everything again


def with_cached_images(
    source: DetectionSource, image_size: int, cache: str, cache_dir: Path | None
) -> DetectionSource:
    """Return the split with its images kept resized; its boxes and sizes stay those of the files.

    Images that already lie in an array are not kept again.

    Args:
        source: the split.
        image_size: most pixels of an image's longer side.
        cache: ``none``, ``memory`` or ``disk``.
        cache_dir: for ``disk``; made if missing. Its ``images`` may be removed at any time.

    Raises:
        UserError: an image cannot be read, or there is no room; the message says what to do.
    """
    files = source.images
    if cache == "none" or not isinstance(files, FileImages):
        return source
    sizes = kept_sizes(files.sizes, image_size)
    if cache == "disk" and cache_dir is not None:
        descriptor = _on_disk(files, sizes, source.split, cache_dir / "images")
    else:
        descriptor = _in_memory(files, sizes, source.split)
    return replace(source, images=ResizedImages(descriptor, sizes))


def _in_memory(files: FileImages, sizes: NDArray[np.int64], split: str) -> int:
    """Return the descriptor of an unnamed file with the pixels."""
    with _begun(split, sizes, available_memory(), "memory") as progress:
        descriptor = _unnamed_file()
        try:
            write_resized(descriptor, files, sizes, progress)
        except BaseException:
            os.close(descriptor)
            raise
    return descriptor


def _unnamed_file() -> int:
    if sys.platform == "linux":
        return os.memfd_create("images")
    else:  # noqa: RET505, mypy follows the platform only so
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())


def _on_disk(files: FileImages, sizes: NDArray[np.int64], split: str, folder: Path) -> int:
    """Return the descriptor of the kept file with the pixels; make it first if there is none."""
    path = folder / f"{split.replace(' ', '-')}-{_digest(files, sizes)}.raw"
    with writable(folder, "paths.cache_dir"):
        if not _complete(path, sizes):
            folder.mkdir(parents=True, exist_ok=True)
            with alone(path.with_name(f".{path.stem}.lock")):
                if not _complete(path, sizes):  # another process may have made it meanwhile
                    _make(path, files, sizes, split)
        return os.open(path, os.O_RDONLY)


def _complete(path: Path, sizes: NDArray[np.int64]) -> bool:
    return path.is_file() and path.stat().st_size == offsets_of(sizes)[-1]


def _make(path: Path, files: FileImages, sizes: NDArray[np.int64], split: str) -> None:
    remove_unfinished(path.parent, path.name)
    with _begun(split, sizes, shutil.disk_usage(path.parent).free, str(path)) as progress:
        write_atomically(path, lambda file: write_resized(file.fileno(), files, sizes, progress))


def _digest(files: FileImages, sizes: NDArray[np.int64]) -> str:
    paths = (files.folder / name for name in files.names.tolist())
    stored = [path.stat().st_size if path.is_file() else 0 for path in paths]
    decides = [VERSION, files.names.tolist(), stored, files.sizes.tolist(), sizes.tolist()]
    return digest(decides)[:16]


def _begun(split: str, sizes: NDArray[np.int64], free: int, where: str) -> Progress:
    """Tell how much room is needed, and refuse where there is less."""
    needed = int(offsets_of(sizes)[-1])
    text = (
        f"{len(sizes):,} resized images need {needed / 1e9:.2f} GB in {where}, {free / 1e9:.2f} GB are free"
    )
    if needed > free:
        raise UserError(f"{split}: {text}; make room, or train without them with data.cache=none")
    progress = Progress(f"images of {split}", len(sizes), "images resized")
    progress.note(text)
    return progress
