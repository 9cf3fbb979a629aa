"""Gathers the detections and objects of a split, over batches and devices.

Shapes: P detections and T objects of all images together.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from lga.detection.judging.judged_image import JudgedImage

Floats = NDArray[np.float64]


class Collected(NamedTuple):
    """A split's detections and objects; images by number, boxes xyxy in pixels of the originals.

    Attributes:
        detections: (P, 7) rows of image, x1, y1, x2, y2, score, class.
        objects: (T, 6) rows of image, x1, y1, x2, y2, class; what is to be ignored may be of class -1.
        ignore: (T,), bool.
        images: (n,), int64, ascending: all that were judged.
    """

    detections: Floats
    objects: Floats
    ignore: NDArray[np.bool_]
    images: NDArray[np.int64]

    @property
    def judged_objects(self) -> Floats:
        """The objects without those to be ignored."""
        return self.objects[~self.ignore]


class Collector(Metric):
    """Keeps what it is given on the device it comes from, until `compute`.

    Several devices compute at once, from what all of them were given, in their order. One that has no image
    must have been updated with none.
    """

    full_state_update = False
    detections: list[Tensor]
    objects: list[Tensor]
    images: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("detections", default=[], dist_reduce_fx="cat")
        self.add_state("objects", default=[], dist_reduce_fx="cat")
        self.add_state("images", default=[], dist_reduce_fx="cat")

    def update(self, images: Sequence[JudgedImage]) -> None:
        """Adds images."""
        device = images[0].boxes.device if images else self.device
        nothing = torch.zeros(0, 7, device=device)
        self.detections.append(torch.cat([nothing, *(_detection_rows(image) for image in images)]))
        self.objects.append(torch.cat([nothing, *(_object_rows(image) for image in images)]))
        numbers = [image.origin.index for image in images]
        self.images.append(torch.tensor(numbers, dtype=torch.int64, device=device))

    def compute(self) -> Collected:
        """Everything since the last reset."""
        objects = dim_zero_cat(self.objects).cpu().double().numpy()
        detections = dim_zero_cat(self.detections).cpu().double().numpy()
        images = np.unique(dim_zero_cat(self.images).cpu().numpy())
        return Collected(detections, objects[:, :6], objects[:, 6] > 0, images)


def _detection_rows(image: JudgedImage) -> Tensor:
    found = image.detections
    return _rows(image.origin.index, found.boxes, found.scores, found.labels)


def _object_rows(image: JudgedImage) -> Tensor:
    return _rows(image.origin.index, image.boxes, image.labels, image.ignore)


def _rows(index: int, boxes: Tensor, *columns: Tensor) -> Tensor:
    image = torch.full((len(boxes), 1), float(index), device=boxes.device)
    return torch.cat((image, boxes.float(), *(column.float().unsqueeze(1) for column in columns)), 1)
