"""Fits evaluation images into their batch's shape: resized by one factor, in the middle, padded with grey.

Two choices of shape, S the image size. ``square``: S x S. ``toolchain``: as the paper's toolchain validates,
images sorted by aspect ratio, and each batch as tall and wide as its images need, rounded up to a multiple of
32 after half of 32 is added: so square images of 640 pixels lie on 672 x 672.

Axes: N images.
"""

import math

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.placement import Placement, resized_shape
from lga.system.errors import UserError

VAL_SHAPES = ("square", "toolchain")
STRIDE = 32
EXTRA = 0.5  # of a stride


def check_val_shape(val_shape: str) -> None:
    """Raise a UserError unless ``val_shape`` is one of `VAL_SHAPES`."""
    if val_shape not in VAL_SHAPES:
        raise UserError(f"val_shape={val_shape!r} is unknown: choose one of {', '.join(VAL_SHAPES)}")


def letterbox(size: tuple[int, int], image_size: int, canvas: tuple[int, int]) -> Placement:
    """Return the place of an image of ``size`` (width, height) whose longer side becomes S on the canvas."""
    resized = resized_shape(size, image_size)
    left, top = ((whole - part) // 2 for whole, part in zip(canvas, resized, strict=True))
    return Placement(size, resized, (left, top), (0, 0, *canvas))


def evaluation_order(sizes: NDArray[np.int64], val_shape: str) -> NDArray[np.int64]:
    """Return in which order images of ``sizes`` (N, 2), width and height, are judged."""
    if val_shape == "square":
        return np.arange(len(sizes))
    return np.argsort(sizes[:, 1] / sizes[:, 0], kind="stable")


def batch_canvas(sizes: NDArray[np.int64], image_size: int, val_shape: str) -> tuple[int, int]:
    """Return width and height of the batch of images of ``sizes`` (N, 2), width and height."""
    if val_shape == "square":
        return image_size, image_size
    shares = (sizes / sizes.max(1, keepdims=True)).max(0) * image_size / STRIDE
    width, height = (math.ceil(float(share) + EXTRA) * STRIDE for share in shares)
    return width, height
