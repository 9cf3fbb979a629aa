"""What is drawn of a judged split: precision against recall, and which class is taken for which.

The latter by supervision, https://github.com/roboflow/supervision.

Shapes: K classes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lga.detection.judging.coco_protocol import CocoEvaluation
from lga.detection.judging.collector import CLASS, IMAGE, SCORE, WholeImages

CONFIDENCE = 0.25
IOU = 0.5
BACKGROUND = "background"


def curves(found: WholeImages, coco: CocoEvaluation, class_names: Sequence[str]) -> dict[str, Any]:
    """Return plain lists under `precision_recall` and `confusion`, classes by name."""
    recall = np.linspace(0, 1, coco.precision.shape[1]).round(2).tolist()
    precision = {class_names[label]: curve for label, curve in coco.precision_curves().items()}
    return {
        "precision_recall": {"protocol": "coco", "iou": IOU, "recall": recall, "precision": precision},
        "confusion": {
            "confidence": CONFIDENCE,
            "iou": IOU,
            "classes": [*class_names, BACKGROUND],
            "true_by_found": confusion_matrix(found, class_names).tolist(),
        },
    }


def confusion_matrix(found: WholeImages, class_names: Sequence[str]) -> NDArray[np.int32]:
    """Return counts (K + 1, K + 1): rows what is there, columns what was found, the last one background.

    Detections of at least `CONFIDENCE` count; they and the objects are matched at an overlap of `IOU`.
    """
    from supervision.metrics.detection import ConfusionMatrix

    truth, sure = found.truth, found.detections[found.detections[:, SCORE] >= CONFIDENCE]
    counting = np.c_[truth.image, truth.boxes, truth.labels][truth.counts]
    result = ConfusionMatrix.from_tensors(
        predictions=_by_image(sure[:, [1, 2, 3, 4, CLASS, SCORE]], sure[:, IMAGE], found.images),
        targets=_by_image(counting[:, 1:], counting[:, IMAGE], found.images),
        classes=list(class_names),
        conf_threshold=CONFIDENCE,
        iou_threshold=IOU,
    )
    return np.asarray(result.matrix, dtype=np.int32)


def _by_image(
    rows: NDArray[np.float64], of_row: NDArray[np.float64], images: NDArray[np.int64]
) -> list[NDArray[np.float32]]:
    """Return the rows of each image; ``of_row`` is ascending."""
    starts, ends = np.searchsorted(of_row, images), np.searchsorted(of_row, images, side="right")
    return [rows[start:end].astype(np.float32) for start, end in zip(starts, ends, strict=True)]
