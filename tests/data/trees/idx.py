"""Writes small trees of MNIST's layout and format: ``<data_dir>/<folder>/raw/`` with its four IDX files.

Labels run 0, 1, ..., 9, 0, 1, ...; all pixels of image i are i % 256, but the first, which is its label. So
each image is recognised by its pixels. No randomness, and the gzip files bear no time: the bytes are always
the same.
"""

import gzip
from pathlib import Path

import numpy as np

NAMES = {"train": "train", "test": "t10k"}


def idx_bytes(array: np.ndarray) -> bytes:
    """Return an array of unsigned bytes as the uncompressed content of an IDX file."""
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, dtype=">i4").tobytes()
    return header + array.astype(np.uint8).tobytes()


def images_and_labels(count: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images (count, side, side) and labels (count,), both uint8."""
    labels = np.arange(count) % 10
    images = np.broadcast_to((np.arange(count) % 256)[:, None, None], (count, side, side)).astype(np.uint8)
    images[:, 0, 0] = labels
    return images, labels.astype(np.uint8)


def write_tree(
    data_dir: Path,
    folder: str = "MNIST",
    *,
    train: int = 240,
    test: int = 40,
    side: int = 28,
    gz: bool = True,
) -> Path:
    """Write the four files and return their folder."""
    raw_dir = data_dir / folder / "raw"
    raw_dir.mkdir(parents=True, exist_ok=True)
    for part, count in (("train", train), ("test", test)):
        images, labels = images_and_labels(count, side)
        write(raw_dir / f"{NAMES[part]}-images-idx3-ubyte", idx_bytes(images), gz)
        write(raw_dir / f"{NAMES[part]}-labels-idx1-ubyte", idx_bytes(labels), gz)
    return raw_dir


def write(path: Path, content: bytes, gz: bool) -> None:
    """Write a file, with ``.gz`` at its name and compressed if asked for."""
    if gz:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content, mtime=0))
    else:
        path.write_bytes(content)
