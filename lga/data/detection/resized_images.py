"""Images kept resized as raw pixels, one after the other in one flat file, which all worker processes map.

An image is shrunk until its longer side is the training image size; one that is smaller stays as it is.
Resizing is plain bilinear, as that of `lga.data.detection.geometry`. So evaluation images are the same with
and without this, bit by bit. Training images are resized twice, at first to the image size, as in the
toolchain that the paper used; they differ a little from those that are resized once.

Axes: N images, h rows and w columns of one.
"""

import errno
import mmap
import os
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from multiprocessing.reduction import DupFd
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lga.data.detection.geometry import resized_shape
from lga.data.detection.image_stores import ImageStore
from lga.system.progress import Progress

CHANNELS = 3
MOST_THREADS = 8


class ResizedImages:
    """An `ImageStore` over one flat file of raw pixels.

    Args:
        descriptor: of the open file; closed with the store.
        sizes: (N, 2), width and height of the images in it.
    """

    def __init__(self, descriptor: int, sizes: NDArray[np.int64]) -> None:
        self.descriptor = descriptor
        self.sizes = sizes
        self.offsets = offsets_of(sizes)
        weakref.finalize(self, os.close, descriptor)

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """All bytes, mapped."""
        mapped = mmap.mmap(self.descriptor, int(self.offsets[-1]), access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, np.uint8)

    def __reduce__(self) -> tuple[Callable[..., "ResizedImages"], tuple[Any, ...]]:
        return _received, (DupFd(self.descriptor), self.sizes)  # for workers that are not forked

    def __len__(self) -> int:
        return len(self.sizes)

    def load(self, index: int) -> NDArray[np.uint8]:
        """Return one image, (h, w, 3), a part of the mapped bytes."""
        width, height = self.sizes[index].tolist()
        start, stop = self.offsets[index : index + 2].tolist()
        return self.pixels[start:stop].reshape(height, width, CHANNELS)


def _received(duplicate: Any, sizes: NDArray[np.int64]) -> ResizedImages:
    return ResizedImages(duplicate.detach(), sizes)


def kept_sizes(sizes: NDArray[np.int64], image_size: int) -> NDArray[np.int64]:
    """Return width and height (N, 2) that images of ``sizes`` (N, 2) are kept in.

    Args:
        sizes: width and height of the images.
        image_size: most pixels of the longer side.
    """
    kept = [
        (width, height) if max(width, height) <= image_size else resized_shape((width, height), image_size)
        for width, height in sizes.tolist()
    ]
    return np.array(kept, np.int64).reshape(-1, 2)


def offsets_of(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each image of ``sizes`` (N, 2) begins in the flat file, and the end of it: (N + 1,)."""
    return np.concatenate([[0], np.cumsum(CHANNELS * sizes.prod(1))])


def write_resized(descriptor: int, images: ImageStore, sizes: NDArray[np.int64], progress: Progress) -> None:
    """Write the flat file.

    Args:
        descriptor: of the open file.
        images: as they are.
        sizes: (N, 2), to resize them to.
        progress: steps once an image.

    Raises:
        UserError: an image cannot be read.
        OSError: there is no room.
    """
    offsets = offsets_of(sizes)

    def keep(index: int) -> None:
        pixels, size = images.load(index), tuple(sizes[index].tolist())
        if (pixels.shape[1], pixels.shape[0]) != size:
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
        _write(descriptor, np.ascontiguousarray(pixels), int(offsets[index]))

    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
        for _ in threads.map(keep, range(len(sizes))):  # on the first failure, those not begun are left
            progress.step()


def _write(descriptor: int, pixels: NDArray[np.uint8], offset: int) -> None:
    # Not through a map: a process that runs out of room there is killed, and cannot say why.
    if os.pwrite(descriptor, pixels.data, offset) < pixels.nbytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
