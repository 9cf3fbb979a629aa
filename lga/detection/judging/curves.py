"""What is drawn of a judged split: precision against recall, and which class is taken for which.

The latter by supervision, https://github.com/roboflow/supervision.

Shapes: K classes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lga.detection.judging.coco_protocol import CocoEvaluation
from lga.detection.judging.collector import Collected

CONFIDENCE = 0.25
IOU = 0.5
BACKGROUND = "background"


def curves(collected: Collected, coco: CocoEvaluation, class_names: Sequence[str]) -> dict[str, Any]:
    """Return plain lists under `precision_recall` and `confusion`, classes by name."""
    recall = np.linspace(0, 1, coco.precision.shape[1]).round(2).tolist()
    precision = {class_names[label]: curve for label, curve in coco.precision_curves().items()}
    return {
        "precision_recall": {"protocol": "coco", "iou": IOU, "recall": recall, "precision": precision},
        "confusion": {
            "confidence": CONFIDENCE,
            "iou": IOU,
            "classes": [*class_names, BACKGROUND],
            "true_by_found": confusion_matrix(collected, class_names).tolist(),
        },
    }


def confusion_matrix(collected: Collected, class_names: Sequence[str]) -> NDArray[np.int32]:
    """Return counts (K + 1, K + 1): rows what is there, columns what was found, the last one background.

    Detections of at least `CONFIDENCE` count; they and the objects are matched at an overlap of `IOU`.
    """
    from supervision.metrics.detection import ConfusionMatrix

    objects, found = collected.judged_objects, collected.detections[:, [0, 1, 2, 3, 4, 6, 5]]
    found = found[found[:, 6] >= CONFIDENCE]
    images = np.unique(np.r_[objects[:, 0], found[:, 0]])
    result = ConfusionMatrix.from_tensors(
        predictions=[found[found[:, 0] == image, 1:].astype(np.float32) for image in images],
        targets=[objects[objects[:, 0] == image, 1:].astype(np.float32) for image in images],
        classes=list(class_names),
        conf_threshold=CONFIDENCE,
        iou_threshold=IOU,
    )
    return np.asarray(result.matrix, dtype=np.int32)
