"""Detections and objects on the whole images of a split, in their own pixels: what `coco` and `native` judge.

Shapes: n images that were judged, P detections, M objects and boxes to be ignored on those images.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lga.detection.judging.collector import Collected, Floats
from lga.structures.annotations import Annotations, Views

IMAGE, BOX, SCORE, CLASS = 0, slice(1, 5), 5, 6


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
