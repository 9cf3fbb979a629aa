"""Gathers the detections and objects of a split, over batches and devices, and moves them to whole images.

All are in pixels of the images as they were before any resizing: `paper` judges views, which are tiles if
images are cut, `coco` and `native` judge whole images.

Shapes: N objects of an image, n images that were judged, P detections and T objects of all views, M boxes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from lga.structures import DetectionBatch, Detections
from lga.structures.annotations import Annotations, Views
from lga.structures.batch import ImageOrigin


@dataclass(frozen=True)
class JudgedImage:
    """What was found on an image, and what is there.

    Attributes:
        origin: the image.
        detections: boxes clipped to the image.
        boxes: (N, 4), xyxy.
        labels: (N,), int64; -1 where what is to be ignored is of no class.
        ignore: (N,), bool.
    """

    origin: ImageOrigin
    detections: Detections
    boxes: Tensor
    labels: Tensor
    ignore: Tensor

    def cpu(self) -> "JudgedImage":
        """Return this image with its tensors in the processor's memory."""
        found = self.detections
        moved = Detections(found.boxes.cpu(), found.scores.cpu(), found.labels.cpu())
        return JudgedImage(self.origin, moved, self.boxes.cpu(), self.labels.cpu(), self.ignore.cpu())


def in_original_pixels(batch: DetectionBatch, detections: Sequence[Detections]) -> list[JudgedImage]:
    """Return the images of an evaluation batch with the detections of each, in pixels of the originals."""
    judged = []
    for row, (origin, found) in enumerate(zip(batch.origins, detections, strict=True)):
        own = batch.image_index == row
        judged.append(
            JudgedImage(
                origin=origin,
                detections=Detections(origin.to_original(found.boxes), found.scores, found.labels),
                boxes=origin.to_original(batch.boxes[own]),
                labels=batch.labels[own],
                ignore=batch.ignore[own],
            )
        )
    return judged


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
        """Add images."""
        device = images[0].boxes.device if images else self.device
        nothing = torch.zeros(0, 7, device=device)
        found = [_rows(i, i.detections.boxes, i.detections.scores, i.detections.labels) for i in images]
        self.detections.append(torch.cat([nothing, *found]))
        objects = [_rows(image, image.boxes, image.labels, image.ignore) for image in images]
        self.objects.append(torch.cat([nothing, *objects]))
        numbers = [image.origin.index for image in images]
        self.images.append(torch.tensor(numbers, dtype=torch.int64, device=device))

    def compute(self) -> Collected:
        """Everything since the last reset."""
        objects = dim_zero_cat(self.objects).cpu().double().numpy()
        detections = dim_zero_cat(self.detections).cpu().double().numpy()
        images = np.unique(dim_zero_cat(self.images).cpu().numpy())
        return Collected(detections, objects[:, :6], objects[:, 6] > 0, images)


def _rows(image: JudgedImage, boxes: Tensor, *columns: Tensor) -> Tensor:
    """Return the image's number, box and further columns, a row for each of its boxes."""
    number = torch.full((len(boxes), 1), float(image.origin.index), device=boxes.device)
    return torch.cat((number, boxes.float(), *(column.float().unsqueeze(1) for column in columns)), 1)


@dataclass(frozen=True)
class Judgement:
    """Values in percent under names that begin with the protocol's; what has no value is left out.

    Attributes:
        metrics: of the whole split.
        per_class: of each class that has a value, by label.
    """

    metrics: dict[str, float]
    per_class: dict[int, dict[str, float]]

    def named(self, protocol: str) -> "Judgement":
        """Return the same values under another protocol's name."""

        def renamed(values: dict[str, float]) -> dict[str, float]:
            return {f"{protocol}/{name.split('/', 1)[-1]}": value for name, value in values.items()}

        return Judgement(renamed(self.metrics), {label: renamed(of) for label, of in self.per_class.items()})


IMAGE, BOX, SCORE, CLASS = 0, slice(1, 5), 5, 6


def rows_by_group(*columns: NDArray[Any]) -> dict[tuple[int, ...], NDArray[np.int64]]:
    """Return the rows that have the same whole numbers in ``columns``, such as image and class, in order."""
    order = np.lexsort(columns[::-1])
    keys, first = np.unique(np.column_stack(columns)[order], axis=0, return_index=True)
    return dict(zip(map(tuple, keys.astype(int).tolist()), np.split(order, first[1:]), strict=False))


def areas_of(boxes: Floats) -> Floats:
    """Return the areas (M,) of boxes (M, 4), xyxy."""
    areas: Floats = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return areas


def shared_areas(boxes: Floats, others: Floats) -> Floats:
    """Return the areas in common (N, M) of boxes (N, 4) and others (M, 4), xyxy."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    areas: Floats = (high - low).clip(0).prod(2)
    return areas


@dataclass(frozen=True)
class WholeImages:
    """What was found on whole images, and what is there.

    Attributes:
        images: (n,), int64, ascending: those that were judged, with detections and objects or without.
        detections: (P, 7) rows of image, x1, y1, x2, y2, score, class; grouped by image.
        truth: only the boxes of those images; images keep their numbers.
    """

    images: NDArray[np.int64]
    detections: Floats
    truth: Annotations


def whole_images(collected: Collected, truth: Annotations, views: Views | None) -> WholeImages:
    """Return what was found on the views, moved to the whole images and merged where views overlap.

    Args:
        collected: of the views; images are numbers of views.
        truth: of all whole images of the split.
        views: None where each is a whole image.
    """
    detections, images = collected.detections, collected.images
    if views is not None:
        detections, images = _on_whole_images(detections, views), np.unique(views.image[images])
    order = np.lexsort((-detections[:, SCORE], detections[:, IMAGE]))
    return WholeImages(images, detections[order], truth.take_boxes(np.isin(truth.image, images)))


def _on_whole_images(detections: Floats, views: Views) -> Floats:
    from torchvision.ops import batched_nms

    view = detections[:, IMAGE].astype(np.int64)
    moved = detections.copy()
    moved[:, IMAGE] = views.image[view]
    moved[:, BOX] += np.tile(views.corner[view], 2)
    if views.merge_iou is None:
        return moved
    kept = []
    for image in np.unique(moved[:, IMAGE]):
        rows = moved[moved[:, IMAGE] == image]
        boxes, scores, classes = (torch.from_numpy(rows[:, part]) for part in (BOX, SCORE, CLASS))
        kept.append(rows[batched_nms(boxes, scores, classes.long(), views.merge_iou).numpy()])
    return np.concatenate([moved[:0], *kept])
