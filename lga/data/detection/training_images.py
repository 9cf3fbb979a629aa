"""The training images of a split, given out by whole augmented batches.

Axes: B images of the batch, S side of the result.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from lga.data.batch_order import BatchKey
from lga.data.detection.annotations import Targets
from lga.data.detection.arrangement import arrange_four, arrange_one
from lga.data.detection.augmentation import AugmentationDraws, DetectionAugmentation, draw
from lga.data.detection.collate import collate
from lga.data.detection.colour_gains import with_gains
from lga.data.detection.detection_source import DetectionSource
from lga.data.detection.placement import flip_boxes
from lga.structures import DetectionBatch
from lga.system.errors import UserError


class TrainingImages(Dataset[DetectionBatch | UserError]):
    """`BatchKey` to `DetectionBatch`, its images (B, 3, S, S) uint8.

    A batch depends on its key and the seed alone. A file that cannot be read is returned as the `UserError`
    that says so, see `DetectionLoader`.

    Args:
        source: the split.
        image_size: S, pixels.
        augmentation: its settings.
        mosaic_epochs: epochs from the first on in which mosaic is used.
        seed: of the run.
    """

    def __init__(
        self,
        source: DetectionSource,
        image_size: int,
        augmentation: DetectionAugmentation,
        mosaic_epochs: int,
        seed: int,
    ) -> None:
        self.source = source
        self.image_size = image_size
        self.augmentation = augmentation
        self.mosaic_epochs = mosaic_epochs
        self.seed = seed

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, key: BatchKey) -> DetectionBatch | UserError:
        shape = (len(key.indices), 3, self.image_size, self.image_size)
        images = np.empty(shape, np.uint8)
        targets = []
        try:
            for row, index in enumerate(key.indices.tolist()):
                images[row], found = self._make(key.epoch, index)
                targets.append(found)
        except UserError as error:
            return error
        return collate(torch.from_numpy(images), targets)

    def _make(self, epoch: int, index: int) -> tuple[NDArray[np.uint8], Targets]:
        mosaic = epoch < self.mosaic_epochs
        draws = draw(self.augmentation, len(self), mosaic, self.seed, epoch, index)
        canvas, targets = self._arrange(index, draws)
        pixels = with_gains(canvas, draws.gains).transpose(2, 0, 1)
        if draws.flip:
            return pixels[:, :, ::-1], targets._replace(boxes=flip_boxes(targets.boxes, self.image_size))
        return pixels, targets

    def _arrange(self, index: int, draws: AugmentationDraws) -> tuple[NDArray[np.uint8], Targets]:
        members = (index, *draws.partners) if draws.mosaic else (index,)
        images = [self.source.images.load(member) for member in members]
        sizes = [(width, height) for width, height in self.source.sizes[list(members)].tolist()]
        if draws.mosaic:
            arrangement = arrange_four(sizes, self.image_size, draws.centre, draws.zoom, draws.shift)
        else:
            arrangement = arrange_one(sizes[0], self.image_size, draws.zoom, draws.shift)
        return arrangement.draw(images), arrangement.map(
            [self.source.annotations[member] for member in members]
        )
