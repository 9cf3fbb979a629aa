"""Augmentations of images for classification, each a function of the images and of the batch's key alone.

Three of them: ``none``; ``affine``, a light one for digits that works on the whole batch; and ``paper``, the
transforms of the training framework that the paper used. Each also says how a split's images are made ready
once, beforehand. No normalisation follows: that framework's is mean 0, standard deviation 1.

Axes: N images of a split, B of a batch, C channels (1 for grey), H and W of the stored images, S side of the
result.
"""

import math
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from lga.data.classification.paper_augmentation import PaperAugmentation
from lga.data.loading.batch_order import BatchKey
from lga.data.loading.random_streams import Stream, generator
from lga.system.errors import UserError

AUGMENTATIONS = ("none", "affine", "paper")


class Augmentation(Protocol):
    """What the data side needs of an augmentation.

    Attributes:
        images_at_once: how many are best augmented together, whatever their batches; 1 where a batch's images
            depend on the batch, or gain nothing.
    """

    images_at_once: int

    def prepare(self, images: Tensor) -> Tensor:
        """Make a split's images ready once: (N, C, H, W) uint8 to (N, C, ., .) uint8."""

    def __call__(self, images: Tensor, key: BatchKey) -> Tensor:
        """Augment the prepared images of a batch: (B, C, ., .) uint8 to (B, C, S, S) float32 in [0, 1]."""


def make_augmentation(name: str, image_size: int, seed: int) -> Augmentation:
    """Return one of `AUGMENTATIONS`; another name is a UserError."""
    if name == "none":
        return NoAugmentation(image_size)
    if name == "affine":
        return AffineAugmentation(image_size, seed)
    if name == "paper":
        return PaperAugmentation(image_size, seed)
    raise UserError(f"augmentation={name!r} is unknown: choose one of {', '.join(AUGMENTATIONS)}")


class NoAugmentation:
    """Resizes to S x S, and nothing else."""

    images_at_once = 1

    def __init__(self, image_size: int) -> None:
        self.image_size = image_size

    def prepare(self, images: Tensor) -> Tensor:
        """Resize all images of a split."""
        return resize(images, self.image_size)

    def __call__(self, images: Tensor, key: BatchKey) -> Tensor:
        """Scale to [0, 1]."""
        return to_unit_range(images)


class AffineAugmentation(NoAugmentation):
    """Rotates, scales and shifts each image by amounts of its own, drawn uniformly; outside is black.

    Drawn from the stream (seed, epoch, number of the batch), for the whole batch even where it is divided.

    Args:
        image_size: S, pixels.
        seed: of the run.
        degrees: largest rotation either way.
        shift: largest shift either way, along x and along y, as a share of the side.
        scale: largest relative change of size either way.
    """

    def __init__(
        self, image_size: int, seed: int, degrees: float = 10.0, shift: float = 0.1, scale: float = 0.1
    ) -> None:
        super().__init__(image_size)
        self.seed = seed
        self.largest = torch.tensor([math.radians(degrees), scale, 2 * shift, 2 * shift])

    def __call__(self, images: Tensor, key: BatchKey) -> Tensor:
        """Move the images of a batch."""
        stream = generator(Stream.AFFINE, self.seed, key.epoch, key.number)
        whole = len(images) if key.share is None else key.share.whole
        draws = torch.rand(whole, 4, generator=stream)
        if key.share is not None:
            draws = draws[torch.from_numpy(key.share.rows)]
        angle, growth, x, y = ((2 * draws - 1) * self.largest).unbind(1)
        return move(to_unit_range(images), angle, 1 + growth, torch.stack((x, y), dim=1))


def move(images: Tensor, angle: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Rotate, scale and shift images about their centres, bilinear.

    Args:
        images: (B, C, S, S), float; on any device, the others on that or on the processor.
        angle: (B,), radians; positive turns from the x axis (right) to the y axis (down).
        scale: (B,), above 1 enlarges.
        shift: (B, 2), x right and y down, in half sides: 2 is a whole side.

    Returns:
        (B, C, S, S); black where the source lies outside.
    """
    cos, sin = angle.cos() / scale, angle.sin() / scale
    # grid_sample asks where each pixel of the result comes from, so this is the inverse of the motion.
    inverse = torch.stack((cos, sin, -sin, cos), dim=1).view(-1, 2, 2)
    theta = torch.cat((inverse, -inverse @ shift.unsqueeze(2)), dim=2).to(images.device, non_blocking=True)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def resize(images: Tensor, image_size: int) -> Tensor:
    """Resize the central square of (N, C, H, W) uint8 to (N, C, S, S) uint8, bilinear, antialiased."""
    side = min(images.shape[-2:])
    top, left = (images.shape[-2] - side) // 2, (images.shape[-1] - side) // 2
    images = images[..., top : top + side, left : left + side]
    if images.shape[-2:] == (image_size, image_size):
        return images
    chunks = torch.split(images, 4096)  # bounds the float copy
    size = (image_size, image_size)
    resized = (F.interpolate(chunk.float(), size, mode="bilinear", antialias=True) for chunk in chunks)
    return torch.cat([chunk.round().clamp(0, 255).to(torch.uint8) for chunk in resized])


def to_unit_range(images: Tensor) -> Tensor:
    """Return uint8 pixels as float32 in [0, 1]."""
    return images.float().div_(255)
