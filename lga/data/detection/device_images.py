"""Training images drawn on the GPU, where the split's pixels lie: workers plan a batch and read no pixel.

Places are those of `lga.data.detection.geometry`, and pixels those of OpenCV, to one level.

Axes: B images of the batch, P = 4 places on each, of the split's images, S side of the result.
"""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lga.data.detection.augmentation import HUES
from lga.data.detection.geometry import PAD_VALUE
from lga.data.detection.image_stores import ArrayImages, ImageStore
from lga.data.detection.resized_images import ResizedImages, offsets_of
from lga.structures import DetectionBatch

MOST_BYTES = 2**33  # and half of what a GPU has free
AT_ONCE = 2**28  # bytes that are copied


def device_images(images: ImageStore, side: int, device: str | None) -> "DeviceImages | None":
    """Copy a split's images to the device; None without one, or where they are files or do not fit."""
    if device is None or not isinstance(images, ResizedImages | ArrayImages):
        return None
    free = torch.cuda.mem_get_info()[0] // 2 if device == "cuda" else MOST_BYTES
    return DeviceImages(images, side, device) if images.pixels.nbytes <= min(MOST_BYTES, free) else None


class DeviceImages:
    """The images of a split on a device, which draws training images of ``side`` S from them."""

    def __init__(self, images: ResizedImages | ArrayImages, side: int, device: str) -> None:
        pixels, shape = images.pixels.reshape(-1), images.pixels.shape
        sizes = images.sizes if isinstance(images, ResizedImages) else np.tile(shape[2:0:-1], (shape[0], 1))
        self.side = side
        self.pixels = torch.empty(len(pixels), dtype=torch.uint8, device=device)
        for start in range(0, len(pixels), AT_ONCE):
            self.pixels[start : start + AT_ONCE] = torch.from_numpy(pixels[start : start + AT_ONCE].copy())
        self.sizes = torch.from_numpy(sizes).to(device)
        self.offsets = torch.from_numpy(offsets_of(sizes)[:-1]).to(device)

    def draw(self, batch: DetectionBatch) -> DetectionBatch:
        """Return a planned batch with its images (B, 3, S, S), uint8."""
        assert batch.plan is not None
        image, size, corner, first, last = torch.split(batch.plan[..., :9].long(), [1, 2, 2, 2, 2], 2)
        gains, flip = batch.plan[:, 0, 9:12].float(), batch.plan[:, 0, 12:] > 0
        every = torch.arange(self.side, device=image.device)
        rows, y, x = torch.meshgrid(
            torch.arange(len(batch), device=image.device), every, every, indexing="ij"
        )
        axes = torch.stack([torch.where(flip, self.side - 1 - every, every), every.expand(len(batch), -1)], 1)
        at = axes[:, None] - corner[..., None]  # (B, P, 2, S), x and y from the image's corner on
        on = (at >= 0) & (at < size[..., None])
        on &= (axes[:, None] >= first[..., None]) & (axes[:, None] < last[..., None])
        inside = on[:, :, 1, :, None] & on[:, :, 0, None]  # (B, P, S, S)
        place = inside.byte().argmax(1)
        stored = self.sizes[image]  # (B, P, 1, 2)
        begins, width, stored = self.offsets[image], 3 * stored[..., 0], stored.transpose(2, 3)
        source = ((at + 0.5) * (stored / size.clamp(min=1)[..., None]) - 0.5).clamp(min=0)
        source = torch.minimum(source, stored - 1.0)
        near, share = source.long(), source.frac()
        far = torch.minimum(near + 1, stored - 1)

        def pixels_at(columns: Tensor, lines: Tensor) -> Tensor:
            address = (begins + width * lines[:, :, 1])[rows, place, y] + 3 * columns[:, :, 0][rows, place, x]
            return self.pixels[address[..., None] + torch.arange(3, device=address.device)].float()

        along_x = share[:, :, 0][rows, place, x][..., None]
        upper = torch.lerp(pixels_at(near, near), pixels_at(far, near), along_x)
        lower = torch.lerp(pixels_at(near, far), pixels_at(far, far), along_x)
        drawn = torch.lerp(upper, lower, share[:, :, 1][rows, place, y][..., None]).round()
        drawn = torch.where(inside.any(1)[..., None], drawn, float(PAD_VALUE))
        return replace(batch, images=with_gains(drawn, gains).byte().permute(0, 3, 1, 2), plan=None)


def with_gains(pixels: Tensor, gains: Tensor) -> Tensor:
    """Return images (B, S, S, 3) of whole numbers with hue, saturation and value multiplied, `gains` (B, 3).

    The way to 8-bit hue, saturation and value and back is OpenCV's.
    """
    red, green, blue = pixels.int().unbind(-1)
    value, least = pixels.int().amax(-1), pixels.int().amin(-1)
    span = value - least
    side = torch.where(value == green, blue - red + 2 * span, red - green + 4 * span)
    side = torch.where(value == red, green - blue, side)
    shares = 4096 / torch.arange(256, device=pixels.device, dtype=torch.float64).clamp(min=1)
    hue = (side * (HUES / 6 * shares).round().int()[span] + 2048) >> 12
    saturation = (span * (255 * shares).round().int()[value] + 2048) >> 12
    changed = torch.stack([hue % HUES, saturation, value], -1) * gains[:, None, None]
    angle = (changed[..., :1] % HUES).floor() * (6 / HUES)
    strength, brightest = torch.split(changed[..., 1:].clamp(max=255).floor(), 1, -1)
    sector = (angle + torch.arange(5, 0, -2, device=pixels.device)) % 6  # of red, green, blue
    falls = torch.minimum(sector, 4 - sector).clamp(0, 1)
    made = (brightest * (1 - strength / 255 * falls)).round()
    return torch.where((gains == 1).all(1)[:, None, None, None], pixels, made)
