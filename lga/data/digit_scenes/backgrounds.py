"""Crops of scikit-learn's two photographs, ``china.jpg`` and ``flower.jpg``, 640 x 427 pixels each.

By danielbuechele and vultilion, CC BY 2.0, shipped with scikit-learn. Each split has vertical strips of its
own in both, and crops before it resizes, so no pixel of a photograph is behind two splits: columns 0 to 383
train, 384 to 511 validation, 512 to 639 test. Crops are squares of 80 to 128 pixels in every split.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lga.data.digit_scenes.layout import Scene
from lga.system.errors import UserError

PHOTOGRAPHS = ("china.jpg", "flower.jpg")
STRIPS = {"train": (0, 384), "val": (384, 512), "test": (512, 640)}
SMALLEST_CROP, LARGEST_CROP = 80, 128
SHAPE = (427, 640, 3)


class Backgrounds:
    """Backgrounds of one split's scenes."""

    def __init__(self, split: str) -> None:
        left, right = STRIPS[split]
        self._regions = [photograph[:, left:right] for photograph in _load_photographs()]

    def draw(self, scene: Scene, size: int) -> NDArray[np.uint8]:
        """Return the scene's background, (size, size, 3)."""
        region = self._regions[scene.photograph]
        side = SMALLEST_CROP + int(scene.crop_side * (LARGEST_CROP - SMALLEST_CROP + 1))
        top = int(scene.crop_top * (region.shape[0] - side + 1))
        left = int(scene.crop_left * (region.shape[1] - side + 1))
        crop = region[top : top + side, left : left + side]
        crop = np.ascontiguousarray(crop[:, ::-1] if scene.mirrored else crop)
        resized = np.asarray(Image.fromarray(crop).resize((size, size), Image.Resampling.BICUBIC))
        return np.clip(np.rint(resized * scene.gain), 0, 255).astype(np.uint8)


def _load_photographs() -> list[NDArray[np.uint8]]:
    from sklearn.datasets import load_sample_image

    photographs = [np.asarray(load_sample_image(name)) for name in PHOTOGRAPHS]
    for name, photograph in zip(PHOTOGRAPHS, photographs, strict=True):
        if photograph.shape != SHAPE:
            raise UserError(
                f"sklearn.datasets.load_sample_image({name!r}): {photograph.shape}, not {SHAPE}; "
                "install the locked version of scikit-learn (uv sync)"
            )
    return photographs
