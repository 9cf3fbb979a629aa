"""Which boxes of one image are right, wrong, missed or to be ignored."""

import numpy as np
from numpy.typing import NDArray

from lga.detection.judging.collector import JudgedImage
from lga.detection.judging.curves import IOU
from lga.detection.judging.native.matching import greedy_verdicts, overlaps
from lga.structures import Detections
from lga.structures.annotations import Annotations, Ignored, WrittenBox, WrittenImage

OUTCOMES = "right", "wrong", "missed", "ignored"
RIGHT, WRONG, MISSED, IGNORED = range(4)


def outcomes(image: JudgedImage, found: Detections) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the outcomes of the image's true boxes (M,) and of those found on it (P,), on the processor.

    Args:
        found: by falling score; each takes the free object of its class that it overlaps most, from `IOU`.
            One without an object is ignored where a box to be ignored covers so much of it.
    """
    columns = image.boxes.tolist(), image.labels.tolist(), image.ignore.tolist()
    boxes = [
        WrittenBox(tuple(box), label, Ignored(ignore)) for box, label, ignore in zip(*columns, strict=True)
    ]
    regions = [b._replace(label=label) for label in set(found.labels.tolist()) for b in boxes if b.label < 0]
    truth = Annotations.of_images([WrittenImage("", None, [*boxes, *regions])])
    rows = np.c_[np.zeros(len(found.scores)), found.boxes.numpy(), found.scores.numpy(), found.labels.numpy()]
    verdicts = greedy_verdicts(overlaps(rows, truth), truth.counts, np.array([IOU]), len(rows))
    (taken,), (neutral,) = verdicts.taken, verdicts.neutral
    of_true = np.where(truth.counts[: len(boxes)], MISSED, IGNORED)
    of_true[taken[taken >= 0]] = RIGHT
    return of_true, np.where(taken >= 0, RIGHT, np.where(neutral, IGNORED, WRONG))
