"""Where the pixels of a split lie: in one array file, or in a file for each image.

A store is handed to worker processes: it holds names and no pixels.
"""

from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.image_file import read_image


class ImageStore(Protocol):
    """Gives out a split's images one at a time."""

    def __len__(self) -> int:
        """Return the number of images."""

    def load(self, index: int) -> NDArray[np.uint8]:
        """Return one image, (H, W, 3), upright, red green blue, not to be written to.

        Raises:
            UserError: its file cannot be read; the message names it.
        """


class ArrayImages:
    """Images of one size in an ``.npy`` file, (N, H, W, 3) uint8, mapped into memory by each process."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The mapped file, (N, H, W, 3)."""
        mapped: NDArray[np.uint8] = np.load(self.path, mmap_mode="r")
        return mapped

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path}  # pickling a mapped array would copy all of it

    def __len__(self) -> int:
        return len(self.pixels)

    def load(self, index: int) -> NDArray[np.uint8]:
        """Return one image, a part of the mapped file."""
        pixels: NDArray[np.uint8] = self.pixels[index]
        return pixels


class FileImages:
    """Images in files of their own.

    Args:
        folder: that all names are relative to.
        names: (N,), file names; an array, since workers would copy a list of strings when they touch it.
        sizes: (N, 2), width and height that each image must have.
    """

    def __init__(self, folder: Path, names: NDArray[np.str_], sizes: NDArray[np.int64]) -> None:
        self.folder = folder
        self.names = names
        self.sizes = sizes

    def __len__(self) -> int:
        return len(self.names)

    def load(self, index: int) -> NDArray[np.uint8]:
        """Return one image, decoded from its file."""
        width, height = self.sizes[index].tolist()
        return np.asarray(read_image(self.folder / str(self.names[index]), (width, height)))


class PickedImages:
    """Some images of a store that has no part that could be taken.

    Args:
        store: all images.
        rows: (n,), int64, those that are picked, in the order they are given out in.
    """

    def __init__(self, store: ImageStore, rows: NDArray[np.int64]) -> None:
        self.store = store
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def load(self, index: int) -> NDArray[np.uint8]:
        """Return one image, as the store gives it."""
        return self.store.load(int(self.rows[index]))


def picked(store: ImageStore, rows: NDArray[np.int64]) -> ImageStore:
    """Return the images at ``rows`` (n,), int64; files stay files, which can be kept resized."""
    if isinstance(store, FileImages):
        return FileImages(store.folder, store.names[rows], store.sizes[rows])
    return PickedImages(store, rows)
