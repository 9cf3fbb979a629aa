"""Small pictures whose first pixel tells which one it is: files of every format that the readers meet."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_picture(path: Path, width: int, height: int, number: int = 0) -> Path:
    """Write a picture of smooth colour, its format that of the suffix, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack((columns * 255 // width, rows * 255 // height, np.full_like(rows, number % 256)), 2)
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path
