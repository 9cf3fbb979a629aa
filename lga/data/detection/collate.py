"""Joins images and the boxes of each into a batch.

Axes: B images, H rows, W columns.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lga.data.detection.annotations import Targets
from lga.structures import DetectionBatch
from lga.structures.image_origin import ImageOrigin


def collate(
    images: Tensor, targets: Sequence[Targets], origins: tuple[ImageOrigin, ...] = ()
) -> DetectionBatch:
    """Return the batch of images (B, 3, H, W) and of the boxes of each."""
    joined = Targets.join(targets)
    counts = [len(part.labels) for part in targets]
    return DetectionBatch(
        images=images,
        boxes=torch.from_numpy(joined.boxes),
        labels=torch.from_numpy(joined.labels),
        image_index=torch.from_numpy(np.repeat(np.arange(len(targets)), counts)),
        ignore=torch.from_numpy(joined.ignore),
        origins=origins,
    )
