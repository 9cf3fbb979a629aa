"""Where the pixels of a split lie: in one array file, or in a file for each image, read as 8-bit RGB.

A store is handed to worker processes: it holds names and no pixels. Of files, grey becomes RGB by repetition,
16 bits become their upper 8, alpha is dropped, and the rotation that EXIF asks for is applied, unless the
annotations give the image the size that it has before it is turned.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from lga.system.errors import UserError
from lga.system.foreign import opened

# Others, such as EPS, start programs.
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")
_SHALLOW = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
_DEEP = ("I;16", "I;16B", "I;16L")
# What Pillow raises on damaged files, by format and by place of the damage.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, ArithmeticError, struct.error)
_UPRIGHT = 1
_QUARTER_TURNS = (5, 6, 7, 8)
Size = tuple[int, int]


def read_image(path: Path, expected: Size | None = None) -> Image.Image:
    """Return the upright image in mode RGB.

    Args:
        path: of the file.
        expected: width and height that the annotations give; an image that only fits them as it is stored
            is not turned.

    Raises:
        UserError: the file cannot be decoded to its end, or is of another size.
    """
    with _opened(path) as image:
        turned = _is_turned(path, image, expected)
        return _upper_8_bits(ImageOps.exif_transpose(image) if turned else image).convert("RGB")


def read_image_size(path: Path, expected: Size | None = None) -> Size:
    """Return width and height that `read_image` would give, from the file's header alone.

    Raises:
        UserError: the file is missing, its header is not an image's, or it is of another size.
    """
    with _opened(path) as image:
        return _upright_size(image) if _is_turned(path, image, expected) else image.size


def _is_turned(path: Path, image: Image.Image, expected: Size | None) -> bool:
    upright = _upright_size(image)
    if expected is None or upright == expected:
        return _orientation(image) != _UPRIGHT
    if image.size == expected:
        return False
    raise UserError(
        f"{path}: the image is {upright[0]} x {upright[1]} pixels, its annotations are for "
        f"{expected[0]} x {expected[1]}; put the image there that they were made for"
    )


def _upright_size(image: Image.Image) -> Size:
    width, height = image.size
    return (height, width) if _orientation(image) in _QUARTER_TURNS else (width, height)


def _orientation(image: Image.Image) -> int:
    # The method of the base class: that of PNG images decodes all pixels, in case EXIF data comes after them.
    return int(Image.Image.getexif(image).get(ExifTags.Base.Orientation, _UPRIGHT))


def _upper_8_bits(image: Image.Image) -> Image.Image:
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)) if image.mode in _DEEP else image


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with opened(path) as file, Image.open(file, formats=FORMATS) as image:
            if image.mode not in (*_SHALLOW, *_DEEP):
                raise UserError(  # noqa: TRY301
                    f"{path}: pixels of type {image.mode} have no meaning in 8 bits; save it as 8-bit RGB"
                )
            yield image
    except UserError:
        raise
    except Image.DecompressionBombError as error:
        raise UserError(
            f"{path}: has more pixels than the {2 * (Image.MAX_IMAGE_PIXELS or 0):,} that are read; cut it "
            "into parts, or set data.on_error=skip to leave such images out"
        ) from error
    except _DAMAGE as error:
        unknown = isinstance(error, UnidentifiedImageError)
        reason = f"none of {', '.join(FORMATS)}" if unknown else " ".join(str(error).split())
        raise UserError(
            f"{path}: cannot be read as an image ({reason}); fetch it again, or set "
            "data.on_error=skip to leave such images out"
        ) from error


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
        sizes: (N, 2), width and height that each image must have; 0 for any.
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
        expected = (width, height) if width else None
        return np.asarray(read_image(self.folder / str(self.names[index]), expected))

    def take(self, rows: NDArray[np.int64]) -> "FileImages":
        """Return the images at ``rows`` (n,)."""
        return FileImages(self.folder, self.names[rows], self.sizes[rows])


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
    return store.take(rows) if isinstance(store, FileImages) else PickedImages(store, rows)
