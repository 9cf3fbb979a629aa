"""Makes the scenes of the three splits and writes them into a folder.

Files of a split: ``<split>.npy``, (N, S, S, 3) uint8, and ``<split>.json``: for all its boxes one after the
other ``boxes`` (x1 y1 x2 y2 in pixels), ``labels`` and ``digits`` (their numbers in scikit-learn's order),
and ``offsets``, the first box of each image and at last the number of boxes.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import write_array_header_1_0
from numpy.typing import NDArray

from lga.data.digit_scenes.backgrounds import Backgrounds
from lga.data.digit_scenes.draws import Draws
from lga.data.digit_scenes.glyphs import Glyphs
from lga.data.digit_scenes.layout import lay_out
from lga.data.digit_scenes.render import render
from lga.data.digits import CLASS_NAMES, digit_roles
from lga.data.progress import Progress

SPLITS = ("train", "val", "test")


def make_scenes(folder: Path, size: int, counts: Mapping[str, int]) -> None:
    """Write the scenes of S = ``size`` pixels into an empty folder, and tell the progress."""
    glyphs = Glyphs()
    total = sum(counts[split] for split in SPLITS)
    progress = Progress(f"digit_scenes, {size} px", total, "scenes made")
    for split in SPLITS:
        _make_split(folder, split, size, counts[split], glyphs, progress)
    progress.end()


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
