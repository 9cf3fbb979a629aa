"""The training transforms of ``yolo classify`` on many images at once, equal to torchvision's to the bit.

Each image has a random stream of its own. The draws of all images are made together, and images that meet the
same operation go through it as one batch. One image by itself, through `PaperAugmentation.transform`, is the
definition; a test holds every operation against it.

Axes: B images, C channels, H and W of the stored images, S side of the result.
"""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lga.data.loading.batch_order import BatchKey
from lga.data.loading.random_streams import Stream, kept_global_state, stream_seed

Rows = NDArray[np.intp]
PIXELS_AT_ONCE = 1 << 22  # 4,096 images of 32 x 32: 16 MiB of float32 where they are grey
MOST_DRAWS = 50  # 22 of the crop, 1 of the flip, 4 of RandAugment, 23 of the erasing
TRIES = 10  # of a rectangle that must fit


class PaperAugmentation:
    """The training transforms of ``yolo classify``, in their order, for each image by itself.

    1. crop 0.5 to 1 of the area, aspect ratio 3/4 to 4/3, and resize it to S x S, bilinear
    2. flip left-right with probability 0.5
    3. RandAugment, bilinear: 2 operations of magnitude 9, torchvision's defaults; the source gives no numbers
    4. erase a rectangle with probability 0.4

    Drawn from the stream (seed, epoch, index of the image). Digits are flipped too, as there.

    Args:
        image_size: S, pixels.
        seed: of the run.
    """

    def __init__(self, image_size: int, seed: int) -> None:
        from torchvision.transforms import InterpolationMode, v2

        bilinear = InterpolationMode.BILINEAR
        self.seed = seed
        self.images_at_once = max(PIXELS_AT_ONCE // image_size**2, 1)
        self.transform: Any = v2.Compose([
            v2.RandomResizedCrop(image_size, scale=(0.5, 1.0), ratio=(3 / 4, 4 / 3), interpolation=bilinear),
            v2.RandomHorizontalFlip(0.5),
            v2.RandAugment(interpolation=bilinear),
            v2.ToDtype(torch.float32, scale=True),
            v2.RandomErasing(0.4),
        ])  # fmt: skip

    def prepare(self, images: Tensor) -> Tensor:
        """Keep the images at their own size: the crop resizes them."""
        return images

    def __call__(self, images: Tensor, key: BatchKey) -> Tensor:
        """Transform (B, C, H, W) uint8 to (B, C, S, S) float32; the more images, the cheaper each."""
        crop, flip, randaugment, to_float, erasing = self.transform.transforms
        seeds = [stream_seed(Stream.PAPER, self.seed, key.epoch, index) for index in key.indices.tolist()]
        draws = Draws(seeds)
        everyone = np.arange(len(images))
        boxes = draws.rectangles(everyone, tuple(images.shape[-2:]), crop)
        result = resized_crops(images, boxes, crop)
        flipped = on_device(everyone[draws.uniform(everyone) < flip.p], images)
        result[flipped] = result[flipped].flip(-1)
        for _ in range(randaugment.num_ops):
            apply_one_each(randaugment, result, draws)
        erased = everyone[draws.uniform(everyone) < erasing.p]
        erase(result, erased, draws.rectangles(erased, tuple(result.shape[-2:]), erasing, erasing=True))
        batch: Tensor = to_float(result)
        with kept_global_state() as global_generator:
            for row in np.flatnonzero(boxes[:, 2] == 0).tolist():  # no crop fitted: rare
                global_generator.manual_seed(seeds[row])
                batch[row] = self.transform(images[row].cpu())
        return batch


class Draws:
    """What torch would draw from its CPU generator after ``manual_seed``, for B seeds at once.

    That is a Mersenne twister, MT19937. A uniform number is the low 24 bits of its next word, a whole number
    the word's remainder.

    Args:
        seeds: B, 32 bits.
    """

    def __init__(self, seeds: list[int]) -> None:
        self.words = twister_words(np.array(seeds, np.uint32), MOST_DRAWS)
        self.drawn = np.zeros(len(seeds), np.intp)

    def below(self, rows: Rows, limits: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Draw a whole number from 0 to below the limit for each of ``rows``."""
        words = self.words[self.drawn[rows], rows].astype(np.int64)
        self.drawn[rows] += 1
        return words % limits

    def uniform(self, rows: Rows, low: float = 0.0, high: float = 1.0) -> NDArray[np.float32]:
        """Draw a float32 for each of ``rows``."""
        share = self.below(rows, 1 << 24) / (1 << 24)
        return scaled(share, low, high, rounded_once())

    def rectangles(
        self, rows: Rows, sides: tuple[int, ...], transform: Any, erasing: bool = False
    ) -> NDArray[np.int64]:
        """Draw a rectangle of a share of the area for each of ``rows``, as RandomResizedCrop does.

        Args:
            rows: of the images.
            sides: height and width of the images.
            transform: of torchvision; its ranges of area (``scale``) and of aspect ratio count.
            erasing: draw it as RandomErasing does: smaller than the image, the ratio that of height to width.

        Returns:
            (len(rows), 4): top, left, height, width; zeros where no rectangle fitted.
        """
        found = np.zeros((len(rows), 4), np.int64)
        open_ = np.arange(len(rows))
        for _ in range(TRIES):
            area = sides[0] * sides[1] * self.uniform(rows[open_], *transform.scale).astype(float)
            logs = self.uniform(rows[open_], *transform._log_ratio.tolist())
            ratio = torch.from_numpy(logs).exp().numpy().astype(float)
            shape = np.rint(np.sqrt(np.stack((area / ratio, area * ratio), axis=1))).astype(np.int64)
            shape = shape[:, ::-1] if erasing else shape
            fits = (shape < sides if erasing else (shape > 0) & (shape <= sides)).all(axis=1)
            placed, free = open_[fits], np.array(sides) - shape[fits] + 1
            found[placed, 0] = self.below(rows[placed], free[:, 0])
            found[placed, 1] = self.below(rows[placed], free[:, 1])
            found[placed, 2:] = shape[fits]
            open_ = open_[~fits]
        return found


def scaled(share: NDArray[Any], low: float, high: float, once: bool) -> NDArray[np.float32]:
    """Return ``share`` (B,) of the way from low to high, rounded to float32 once or after each step."""
    kind: Any = np.float64 if once else np.float32
    length = kind(np.float32(high) - np.float32(low))
    result: NDArray[np.float32] = (share.astype(kind) * length + kind(np.float32(low))).astype(np.float32)
    return result


@cache
def rounded_once() -> bool:
    """Whether torch's uniform draws multiply and add with one rounding, which depends on the processor."""
    drawn, share = torch.empty(64), torch.empty(64)
    drawn.uniform_(-0.3, 1.1, generator=torch.Generator().manual_seed(0))
    share.uniform_(generator=torch.Generator().manual_seed(0))
    return np.array_equal(drawn.numpy(), scaled(share.numpy(), -0.3, 1.1, once=True))


def twister_words(seeds: NDArray[np.uint32], count: int) -> NDArray[np.uint32]:
    """Return the first ``count`` words (count, B), up to 227, of the MT19937 of each seed (B,)."""
    state = np.empty((397 + count, len(seeds)), np.uint32)
    state[0] = seeds
    for i in range(1, len(state)):
        before = state[i - 1]
        state[i] = (before ^ (before >> 30)) * np.uint32(1812433253) + np.uint32(i)
    mixed = (state[:count] & np.uint32(1 << 31)) | (state[1 : count + 1] & np.uint32((1 << 31) - 1))
    words = (state[397:] ^ (mixed >> 1) ^ ((mixed & 1) * np.uint32(0x9908B0DF))).astype(np.uint32, copy=False)
    words ^= words >> 11
    words ^= (words << 7) & np.uint32(0x9D2C5680)
    words ^= (words << 15) & np.uint32(0xEFC60000)
    words ^= words >> 18
    return words


def on_device(values: NDArray[Any], images: Tensor) -> Tensor:
    """Return drawn values on the device of the images."""
    return torch.from_numpy(values).to(images.device)


def resized_crops(images: Tensor, boxes: NDArray[np.int64], crop: Any) -> Tensor:
    """Return each image's box (top, left, height, width) resized, (B, C, S, S); equal shapes go together."""
    from torchvision.transforms.v2 import functional

    result = images.new_zeros(len(images), images.shape[1], *crop.size)
    for height, width in np.unique(boxes[:, 2:], axis=0).tolist():
        if height == 0:
            continue
        drawn = np.flatnonzero((boxes[:, 2:] == (height, width)).all(axis=1))
        rows = on_device(drawn, images)
        top, left = on_device(boxes[drawn, :2, None], images).unbind(1)
        down = top + torch.arange(height, device=images.device)
        right = left + torch.arange(width, device=images.device)
        crops = images[rows[:, None, None], :, down[:, :, None], right[:, None, :]]
        crops = crops.permute(0, 3, 1, 2).contiguous()
        result[rows] = functional.resize(crops, crop.size, crop.interpolation, antialias=crop.antialias)
    return result


def apply_one_each(randaugment: Any, images: Tensor, draws: Draws) -> None:
    """Apply one drawn operation of RandAugment to each image, in place; images of one operation together."""
    everyone = np.arange(len(images))
    names = list(randaugment._AUGMENTATION_SPACE)
    operations = draws.below(everyone, len(names))
    for number, name in enumerate(names):
        magnitudes_of, signed = randaugment._AUGMENTATION_SPACE[name]
        magnitudes = magnitudes_of(randaugment.num_magnitude_bins, *images.shape[-2:])
        magnitude = 0.0 if magnitudes is None else float(magnitudes[randaugment.magnitude])
        rows = everyone[operations == number]
        negative = draws.uniform(rows) <= 0.5 if signed else np.zeros(len(rows), bool)
        for drawn, signed_magnitude in ((rows[~negative], magnitude), (rows[negative], -magnitude)):
            if len(drawn):
                chosen = on_device(drawn, images)
                images[chosen] = randaugment._apply_image_or_video_transform(
                    images[chosen], name, signed_magnitude, randaugment.interpolation, randaugment._fill
                )


def erase(images: Tensor, rows: Rows, boxes: NDArray[np.int64]) -> None:
    """Make each row's box (top, left, height, width) black, in place."""
    chosen = on_device(rows, images)
    top, left, height, width = on_device(boxes[:, :, None], images).unbind(1)
    y, x = (torch.arange(side, device=images.device) for side in images.shape[2:])
    inside = ((y >= top) & (y < top + height))[:, :, None] & ((x >= left) & (x < left + width))[:, None]
    images[chosen] = images[chosen].masked_fill(inside[:, None], 0)
