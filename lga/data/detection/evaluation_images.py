"""The images of a split as they are judged: letterboxed, whole batches at once.

Axes: B images of the batch, H and W its rows and columns.
"""

import numpy as np
import torch
from torch.utils.data import Dataset

from lga.data.batch_order import BatchKey
from lga.data.detection.annotations import Targets
from lga.data.detection.collate import collate
from lga.data.detection.detection_source import DetectionSource
from lga.data.detection.letterbox import batch_canvas, evaluation_order, letterbox
from lga.data.detection.placement import PAD_VALUE
from lga.structures import DetectionBatch
from lga.structures.image_origin import ImageOrigin
from lga.system.errors import UserError


class EvaluationImages(Dataset[DetectionBatch | UserError]):
    """`BatchKey` to `DetectionBatch`, its images (B, 3, H, W) uint8, with the origin of each.

    All boxes are kept, however small. A file that cannot be read is returned as the `UserError` that says so,
    see `DetectionLoader`.

    Args:
        source: the split.
        image_size: longer side that images are resized to, pixels.
        val_shape: of the batches, see `lga.data.detection.letterbox`.
    """

    def __init__(self, source: DetectionSource, image_size: int, val_shape: str) -> None:
        self.source = source
        self.image_size = image_size
        self.val_shape = val_shape
        self.order = evaluation_order(source.sizes, val_shape)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, key: BatchKey) -> DetectionBatch | UserError:
        indices = self.order[key.indices]
        width, height = batch_canvas(self.source.sizes[indices], self.image_size, self.val_shape)
        images = np.full((len(indices), height, width, 3), PAD_VALUE, np.uint8)
        targets, origins = [], []
        try:
            for row, index in enumerate(indices.tolist()):
                found, origin = self._make(index, images[row])
                targets.append(found)
                origins.append(origin)
        except UserError as error:
            return error
        batch = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
        return collate(batch, targets, tuple(origins))

    def _make(self, index: int, pixels: np.ndarray) -> tuple[Targets, ImageOrigin]:
        """Draw an image on ``pixels`` (H, W, 3), and return its boxes and origin."""
        width, height = self.source.sizes[index].tolist()
        placement = letterbox((width, height), self.image_size, (pixels.shape[1], pixels.shape[0]))
        placement.draw(pixels, self.source.images.load(index))
        name = str(self.source.names[index])
        origin = ImageOrigin(index, name, width, height, scale=placement.scale, shift=placement.corner)
        return placement.map(self.source.annotations[index]), origin
