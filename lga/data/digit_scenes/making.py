"""Makes the scenes of the three splits and writes them into a folder.

Files of a split: ``<split>.npy``, (N, S, S, 3) uint8, and ``<split>.json``: for all its boxes one after the
other ``boxes`` (x1 y1 x2 y2 in pixels), ``labels`` and ``digits`` (their numbers in scikit-learn's order),
and ``offsets``, the first box of each image and at last the number of boxes. A box is the extent of the
digit's visible ink: of the pixels at least an eighth covered by it, hidden by a later digit or not.

Backgrounds are squares of 80 to 128 pixels of scikit-learn's two photographs, 640 x 427, by danielbuechele
and vultilion, CC BY 2.0. Each split has columns of its own, so that no pixel is behind two splits: 0 to 383
train, 384 to 511 validation, 512 to 639 test.

Axes: H rows, W columns, D digits of the scene.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import write_array_header_1_0
from numpy.typing import NDArray
from PIL import Image

from lga.data.classification.digits import CLASS_NAMES, digit_roles
from lga.data.digit_scenes.glyphs import Draws, Glyphs, ink_extent
from lga.data.digit_scenes.layout import PlacedDigit, Scene, lay_out
from lga.system.errors import UserError
from lga.system.progress import Progress

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


LUMA = np.array([0.299, 0.587, 0.114])
DARKEST, LIGHTEST = 8, 247


def render(
    scene: Scene, size: int, backgrounds: Backgrounds, glyphs: Glyphs
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw a scene.

    Returns:
        The picture, (size, size, 3), and the digits' boxes, (D, 4), x1 y1 x2 y2 in pixels.
    """
    picture = backgrounds.draw(scene, size)
    boxes = [_draw_digit(picture, digit, glyphs) for digit in scene.digits]
    return picture, np.array(boxes)


def _draw_digit(picture: NDArray[np.uint8], digit: PlacedDigit, glyphs: Glyphs) -> tuple[int, int, int, int]:
    size = len(picture)
    width, height = (max(1, round(share * size)) for share in (digit.width, digit.height))
    left, top = min(round(digit.left * size), size - width), min(round(digit.top * size), size - height)
    cover = glyphs.draw(digit.glyph, width, height)
    below = picture[top : top + height, left : left + width]
    share = cover[..., np.newaxis]
    below[:] = (below * (255 - share) + _ink_colour(below, digit) * share + 127) // 255
    x1, y1, x2, y2 = ink_extent(cover)
    return left + x1, top + y1, left + x2, top + y2


def _ink_colour(below: NDArray[np.uint8], digit: PlacedDigit) -> NDArray[np.int64]:
    """Return a colour, (3,), as far from what is below as the digit's contrast and the texture there."""
    luma = below.reshape(-1, 3) @ LUMA
    mean, distance = luma.mean(), digit.contrast + luma.std()
    lighter, darker = mean + distance, mean - distance
    grey = lighter if digit.light else darker
    if not DARKEST <= grey <= LIGHTEST:
        grey = lighter if mean < (DARKEST + LIGHTEST) / 2 else darker
    colour = np.rint(grey + np.array(digit.tint)).clip(DARKEST, LIGHTEST)
    return colour.astype(np.int64)  # type: ignore[no-any-return]


SPLITS = ("train", "val", "test")


def make_scenes(folder: Path, size: int, counts: Mapping[str, int]) -> None:
    """Write the scenes of S = ``size`` pixels into an empty folder, and show the progress."""
    glyphs = Glyphs()
    total = sum(counts[split] for split in SPLITS)
    with Progress(f"digit_scenes, {size} px", total, "scenes made") as progress:
        for split in SPLITS:
            _make_split(folder, split, size, counts[split], glyphs, progress)


def digits_of(split: str, labels: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return for each class the numbers of the digits that a split may use; no digit is in two splits."""
    in_val, in_test = (role.numpy() for role in digit_roles(torch.from_numpy(labels)))
    belongs = {"train": ~in_val & ~in_test, "val": in_val, "test": in_test}[split]
    return [np.flatnonzero(belongs & (labels == label)) for label in range(len(CLASS_NAMES))]


def _make_split(folder: Path, split: str, size: int, count: int, glyphs: Glyphs, progress: Progress) -> None:
    backgrounds, members = Backgrounds(split), digits_of(split, glyphs.labels)
    boxes: list[list[int]] = []
    digits: list[int] = []
    offsets = [0]
    with (folder / f"{split}.npy").open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, size, 3)}
        write_array_header_1_0(file, header)
        for index in range(count):
            scene = lay_out(Draws(SPLITS.index(split), index), glyphs, members)
            picture, extents = render(scene, size, backgrounds, glyphs)
            file.write(picture.tobytes())
            boxes += extents.tolist()
            digits += [digit.glyph for digit in scene.digits]
            offsets.append(len(digits))
            progress.step()
    labels = glyphs.labels[digits].tolist()
    content = {"boxes": boxes, "labels": labels, "digits": digits, "offsets": offsets}
    (folder / f"{split}.json").write_text(json.dumps(content, separators=(",", ":")))
