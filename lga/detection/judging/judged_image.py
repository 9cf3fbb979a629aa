"""One image's detections beside its objects, both in pixels of the image as it was before any resizing.

Shapes: N objects of the image.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from lga.structures import DetectionBatch, Detections
from lga.structures.image_origin import ImageOrigin


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
        return JudgedImage(
            origin=self.origin,
            detections=Detections(found.boxes.cpu(), found.scores.cpu(), found.labels.cpu()),
            boxes=self.boxes.cpu(),
            labels=self.labels.cpu(),
            ignore=self.ignore.cpu(),
        )


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
