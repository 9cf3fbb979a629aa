"""The IDX format of MNIST and its kin: arrays of unsigned bytes, raw or compressed by gzip.

Source: http://yann.lecun.com/exdb/mnist/. Big-endian throughout:

    00 00 08 D      unsigned bytes, D dimensions
    D x int32       the size of each dimension
    bytes           the values, last dimension fastest

Deviation: of the format's value types only unsigned bytes are read; the sets here have no other.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lga.structures import UserError

GZIP_MAGIC = b"\x1f\x8b"
LARGEST = 2**31  # bytes; far above the largest known set, far below a size that a damaged header claims
_ADVICE = "replace the file by a whole copy of the original"


def read_idx(path: Path, dimensions: int) -> Tensor:
    """Read an IDX file, raw or gzip.

    Args:
        path: the file; whether it is compressed is told by its first bytes, not by its name.
        dimensions: how many dimensions it must have: 3 for images (N, H, W), 1 for labels (N,).

    Returns:
        uint8, one axis a dimension.

    Raises:
        UserError: the file is missing, damaged, truncated, has bytes left over, or is another format.
    """
    return parse_idx(decompress(read_file(path), path), dimensions, path)


def read_file(path: Path) -> bytes:
    """Return the bytes of a file as they lie on disk; an unreadable file is a UserError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from error


def decompress(stored: bytes, path: Path) -> bytes:
    """Return ``stored`` without its gzip compression, if it has one; ``path`` is named in errors."""
    if not stored.startswith(GZIP_MAGIC):
        return stored
    try:
        return gzip.decompress(stored)
    except (EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path}: damaged gzip file ({error}); {_ADVICE}") from error


def parse_idx(content: bytes, dimensions: int, path: Path) -> Tensor:
    """Parse the uncompressed bytes of an IDX file; arguments, result and errors as of `read_idx`."""
    shape = _parse_header(content, dimensions, path)
    start = 4 + 4 * dimensions
    expected, found = math.prod(shape), len(content) - start
    if found != expected:
        fault = "truncated" if found < expected else "bytes left over"
        size = " x ".join(map(str, shape))
        raise UserError(f"{path}: {fault}: {found} bytes of values, expected {size} = {expected}; {_ADVICE}")
    values = np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
    return torch.from_numpy(values.copy())


def _parse_header(content: bytes, dimensions: int, path: Path) -> tuple[int, ...]:
    """Return the size of each dimension."""
    magic = bytes((0, 0, 8, dimensions))
    if content[:4] != magic:
        raise UserError(
            f"{path}: not an IDX file of unsigned bytes in {dimensions} dimension(s): "
            f"starts with {content[:4].hex() or 'nothing'}, expected {magic.hex()}; {_ADVICE}"
        )
    header = content[4 : 4 + 4 * dimensions]
    if len(header) < 4 * dimensions:
        raise UserError(f"{path}: truncated within its header of {4 + 4 * dimensions} bytes; {_ADVICE}")
    shape = tuple(int(size) for size in np.frombuffer(header, dtype=">i4"))
    if min(shape) < 1 or math.prod(shape) > LARGEST:
        size = " x ".join(map(str, shape))
        raise UserError(f"{path}: impossible size {size} in its header; {_ADVICE}")
    return shape
