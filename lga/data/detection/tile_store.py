"""Keeps tiles on disk, cut once from their images, so that no large image is decoded for a small part of it.

Tiles lie in ``<cache_dir>/tiles/<set>-<size>-<overlap>/<image>.<bytes>/<x>_<y>.png``: the path says all that
decides their pixels; an image is known by its name and byte size, as in the index of a split. They are PNG,
so nothing is lost. The folder of an image comes into being by a rename, so that one that exists is complete;
splits that share images share their tiles, and work that was broken off goes on where it stopped.

Axes: N images, V tiles of all of them, v of one.
"""

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lga.data.detection.image_stores import Size, read_image
from lga.data.detection.tiling import TilingRule, Windows
from lga.system.errors import UserError
from lga.system.files import made_whole, writable
from lga.system.locks import alone
from lga.system.progress import Progress

COMPRESSION = 1  # of PNG; higher levels take several times as long for files hardly smaller
SAMPLES = 8  # images whose first tile is encoded to learn how much room all need
MARGIN = 1.2  # of the estimate
MOST_THREADS = 8


class _Work(NamedTuple):
    """One image that is to be cut.

    Attributes:
        path: of the image.
        size: that it must have.
        extents: (v, 4) of its tiles.
        folder: that they come to lie in.
    """

    path: Path
    size: Size
    extents: NDArray[np.int64]
    folder: Path


class TileStore:
    """The tiles of one set by one rule.

    Args:
        cache_dir: made if missing; what is below its ``tiles`` may be removed while nothing runs.
        name: of the set.
        rule: how images are cut.
    """

    def __init__(self, cache_dir: Path, name: str, rule: TilingRule) -> None:
        self.name = name
        size, overlap = ("x".join(map(str, pair)) for pair in (rule.size, rule.overlap))
        self.folder = cache_dir / "tiles" / f"{name}-{size}-{overlap}"

    def files(
        self, root: Path, names: NDArray[np.str_], sizes: NDArray[np.int64], windows: Windows
    ) -> NDArray[np.str_]:
        """Return the files of the tiles, (V,) paths relative to `folder`; cut what there is not yet.

        Args:
            root: that ``names`` are relative to.
            names: (N,), of the images.
            sizes: (N, 2), width and height that each image must have.
            windows: of the images.

        Raises:
            UserError: an image cannot be read or is of another size, or there is no room for the tiles.
        """
        folders = [f"{name}.{(root / name).stat().st_size}" for name in names.tolist()]
        first = np.searchsorted(windows.image, np.arange(len(names) + 1))
        work = [
            _Work(root / name, (width, height), windows.extent[start:stop], self.folder / folder)
            for name, (width, height), start, stop, folder in zip(
                names.tolist(), sizes.tolist(), first[:-1], first[1:], folders, strict=True
            )
        ]
        self._make_missing(work)
        return np.array(
            [
                f"{folders[image]}/{_file_name(extent)}"
                for image, extent in zip(windows.image.tolist(), windows.extent, strict=True)
            ],
            np.str_,
        )

    def _make_missing(self, work: Sequence[_Work]) -> None:
        if not _missing(work):
            return
        with writable(self.folder, "paths.cache_dir"):
            self.folder.mkdir(parents=True, exist_ok=True)
            with alone(self.folder / ".lock"):
                if missing := _missing(work):  # another process may have made them meanwhile
                    self._make(missing)

    def _make(self, work: Sequence[_Work]) -> None:
        count = sum(len(image.extents) for image in work)
        needed, free = _estimated_bytes(work), shutil.disk_usage(self.folder).free
        message = f"{count:,} tiles of {len(work):,} images need about {needed / 1e9:.1f} GB"
        if needed > free:
            raise UserError(
                f"{self.folder}: {message}, there are {free / 1e9:.1f} GB free; make room, choose another "
                "folder with paths.cache_dir=, or train on whole images with dataset.reader.tiling=null"
            )
        with (
            Progress(f"tiles of {self.name}", len(work), "images cut") as progress,
            ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads,
        ):
            progress.note(f"{message} in {self.folder}, {free / 1e9:.1f} GB are free; this is done once")
            for _ in threads.map(_cut, work):  # on the first failure, the images not yet begun are left
                progress.step()


def _missing(work: Sequence[_Work]) -> list[_Work]:
    return [image for image in work if not image.folder.is_dir()]


def _cut(work: _Work) -> None:
    """Write the tiles of an image, all or none."""
    pixels = read_image(work.path, work.size)
    with made_whole(work.folder) as folder:
        for extent in work.extents:
            (folder / _file_name(extent)).write_bytes(_encoded(pixels, extent))


def _encoded(pixels: Image.Image, extent: NDArray[np.int64]) -> bytes:
    x1, y1, x2, y2 = extent.tolist()
    file = BytesIO()
    pixels.crop((x1, y1, x2, y2)).save(file, "png", compress_level=COMPRESSION)
    return file.getvalue()


def _file_name(extent: NDArray[np.int64]) -> str:
    return f"{extent[0]}_{extent[1]}.png"


def _estimated_bytes(work: Sequence[_Work]) -> int:
    """Return about how many bytes all tiles take, by the first tile of a few images."""
    samples = work[:: -(-len(work) // SAMPLES)]
    encoded = sum(len(_encoded(read_image(image.path, image.size), image.extents[0])) for image in samples)
    share = encoded / sum(_pixels(image.extents[:1]) for image in samples)
    return int(MARGIN * share * sum(_pixels(image.extents) for image in work))


def _pixels(extents: NDArray[np.int64]) -> int:
    return int((extents[:, 2:] - extents[:, :2]).prod(1).sum())
