"""Settings of the training images' augmentation, what is drawn from them for one image, and its colours.

The defaults are those of the paper's toolchain; rotation, shear and perspective, 0 there, are left out. Hue,
saturation and value are multiplied by 8-bit tables as there.

Axes: H rows, W columns.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lga.data.loading.random_streams import Stream


@dataclass(frozen=True)
class DetectionAugmentation:
    """What is done to training images; all 0 only fits them into the square.

    Attributes:
        mosaic: probability that an image is joined with three others.
        close_mosaic: epochs at the end without mosaic.
        hsv_h, hsv_s, hsv_v: largest relative change of hue, saturation and value either way.
        scale: largest relative change of size either way; below 1.
        translate: largest shift either way, as a share of the side.
        fliplr: probability of turning left to right.
    """

    mosaic: float = 1.0
    close_mosaic: int = 10
    hsv_h: float = 0.015
    hsv_s: float = 0.7
    hsv_v: float = 0.4
    scale: float = 0.5
    translate: float = 0.1
    fliplr: float = 0.5


class AugmentationDraws(NamedTuple):
    """What was drawn for one training image.

    Attributes:
        mosaic: whether it is joined with ``partners``.
        partners: numbers of three images of the split.
        centre: x and y of the mosaic's middle, in [0, 1) of where it may lie.
        zoom: factor of size, and
        shift: along x and y, of the result's side.
        gains: factors of hue, saturation and value.
        flip: whether it is turned left to right.
    """

    mosaic: bool
    partners: tuple[int, int, int]
    centre: tuple[float, float]
    zoom: float
    shift: tuple[float, float]
    gains: tuple[float, float, float]
    flip: bool


def draw(
    settings: DetectionAugmentation, images: int, mosaic: bool, seed: int, epoch: int, index: int
) -> AugmentationDraws:
    """Draw for one image, from the stream (seed, epoch, index) alone.

    Args:
        settings: what may be drawn.
        images: number of images in the split.
        mosaic: False leaves mosaic out and changes no other draw.
        seed: of the run.
        epoch: from 0.
        index: of the image in its split.
    """
    key = np.random.SeedSequence((int(Stream.DETECTION), seed, epoch, index))
    unit = np.random.Generator(np.random.PCG64(key)).random(13).tolist()
    either_way = [2 * number - 1 for number in unit]
    return AugmentationDraws(
        mosaic=mosaic and unit[0] < settings.mosaic,
        partners=(int(unit[1] * images), int(unit[2] * images), int(unit[3] * images)),
        centre=(unit[4], unit[5]),
        zoom=1 + either_way[6] * settings.scale,
        shift=(either_way[7] * settings.translate, either_way[8] * settings.translate),
        gains=(
            1 + either_way[9] * settings.hsv_h,
            1 + either_way[10] * settings.hsv_s,
            1 + either_way[11] * settings.hsv_v,
        ),
        flip=unit[12] < settings.fliplr,
    )


HUES = 180  # of OpenCV's 8-bit hue, two degrees each
_VALUES = np.arange(256, dtype=np.float32)


def with_gains(pixels: NDArray[np.uint8], gains: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Return the image with hue, saturation and value multiplied.

    Args:
        pixels: (H, W, 3), red green blue.
        gains: of hue (which wraps around), saturation and value (which are cut at their largest); all 1
            return the image itself.
    """
    if gains == (1.0, 1.0, 1.0):
        return pixels
    table = _VALUES[:, np.newaxis] * np.array(gains, np.float32)
    table[:, 0] %= HUES
    np.minimum(table[:, 1:], 255, out=table[:, 1:])
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    changed = cv2.LUT(hsv, table.astype(np.uint8)[np.newaxis])
    return cv2.cvtColor(changed, cv2.COLOR_HSV2RGB, dst=changed)  # type: ignore[return-value]
