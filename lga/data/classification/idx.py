"""The IDX format of MNIST and its kin: arrays of unsigned bytes, raw or compressed by gzip.

Source: http://yann.lecun.com/exdb/mnist/. Big-endian throughout:

    00 00 08 D      unsigned bytes, D dimensions
    D x int32       the size of each dimension
    bytes           the values, last dimension fastest

Deviation: of the format's value types only unsigned bytes are read; the sets here have no other.
"""

from __future__ import annotations  # torch is imported where images are read, not to find a file

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lga.system.errors import UserError
from lga.system.foreign import read_content

if TYPE_CHECKING:
    from torch import Tensor

LARGEST = 640 * 2**20  # bytes; EMNIST's largest file has 547 million
_ADVICE = "replace the file by a whole copy of the original"


def read_idx(path: Path, dimensions: int) -> bytes:
    """Return the content of an IDX file, for `parse_idx`; no more is unpacked than its header declares.

    Raises:
        UserError: the file cannot be read, or its header is not that of ``dimensions``.
    """
    header = read_content(path, _header_bytes(dimensions))
    return read_content(path, _header_bytes(dimensions) + math.prod(_parse_header(header, dimensions, path)))


def parse_idx(content: bytes, dimensions: int, path: Path) -> Tensor:
    """Parse the uncompressed content of an IDX file.

    Args:
        content: all of it.
        dimensions: how many dimensions it must have: 3 for images (N, H, W), 1 for labels (N,).
        path: the file, to name in messages.

    Returns:
        uint8, one axis a dimension.

    Raises:
        UserError: the content is truncated, has bytes left over, or is another format.
    """
    import torch

    shape = _parse_header(content, dimensions, path)
    start = _header_bytes(dimensions)
    expected, found = math.prod(shape), len(content) - start
    if found != expected:
        fault = f"truncated: {found}" if found < expected else f"bytes left over: over {expected}"
        size = " x ".join(map(str, shape))
        raise UserError(f"{path}: {fault} bytes of values, expected {size} = {expected}; {_ADVICE}")
    values = np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
    return torch.from_numpy(values.copy())


def _header_bytes(dimensions: int) -> int:
    return 4 + 4 * dimensions


def _parse_header(content: bytes, dimensions: int, path: Path) -> tuple[int, ...]:
    """Return the size of each dimension."""
    magic = bytes((0, 0, 8, dimensions))
    if content[:4] != magic:
        raise UserError(
            f"{path}: not an IDX file of unsigned bytes in {dimensions} dimension(s): "
            f"starts with {content[:4].hex() or 'nothing'}, expected {magic.hex()}; {_ADVICE}"
        )
    header = content[4 : _header_bytes(dimensions)]
    if len(header) < 4 * dimensions:
        raise UserError(
            f"{path}: truncated within its header of {_header_bytes(dimensions)} bytes; {_ADVICE}"
        )
    shape = tuple(int(size) for size in np.frombuffer(header, dtype=">i4"))
    if min(shape) < 1 or math.prod(shape) > LARGEST:
        size = " x ".join(map(str, shape))
        raise UserError(f"{path}: impossible size {size} in its header; {_ADVICE}")
    return shape
