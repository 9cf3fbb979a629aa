"""Reads one image file as 8-bit RGB, whatever it holds.

Grey becomes RGB by repetition, 16 bits become their upper 8, alpha is dropped, and a rotation that the EXIF
data asks for is applied: boxes are taken to be those of the upright image.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from lga.structures import UserError

# What Pillow raises on damaged files, by format and by place of the damage.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)
_UPRIGHT = 1
_QUARTER_TURNS = (5, 6, 7, 8)


def read_image(path: Path) -> Image.Image:
    """Return the upright image in mode RGB; a file that cannot be decoded to its end is a `UserError`."""
    with _refusing_damage(path), Image.open(path) as image:
        turned = _orientation(image) != _UPRIGHT
        return _upper_8_bits(ImageOps.exif_transpose(image) if turned else image).convert("RGB")


def read_image_size(path: Path) -> tuple[int, int]:
    """Return width and height of the upright image from the file's header alone.

    Raises:
        UserError: the file is missing or its header is not an image's.
    """
    with _refusing_damage(path), Image.open(path) as image:
        width, height = image.size
        return (height, width) if _orientation(image) in _QUARTER_TURNS else (width, height)


def _orientation(image: Image.Image) -> int:
    # The method of the base class: that of PNG images decodes all pixels, in case EXIF data comes after them.
    return int(Image.Image.getexif(image).get(ExifTags.Base.Orientation, _UPRIGHT))


def _upper_8_bits(image: Image.Image) -> Image.Image:
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))


@contextmanager
def _refusing_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such image; put it there, or remove it from the annotations") from error
    except _DAMAGE as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{path}: cannot be read as an image ({reason}); fetch it again, or set "
            "dataset.reader.on_error=skip to leave such images out"
        ) from error
