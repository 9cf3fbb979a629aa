"""Non-maximum suppression, class by class, as the paper's detectors are judged with.

Source: the protocol of the YOLOv8 family: a box may emit several classes, boxes of different classes never
suppress one another, the 300 best are kept.

Shapes: B batch, A anchors, K classes, N candidates.
"""

from torch import Tensor

from lga.structures import Detections

MAX_CANDIDATES = 30_000
CLASS_OFFSET = 7680.0  # moves classes apart, so that one pass serves all
FIRST_CANDIDATES = 1024


def suppress(
    boxes: Tensor, probabilities: Tensor, confidence: float, iou: float, max_detections: int
) -> list[Detections]:
    """Return each image's detections, highest score first.

    Args:
        boxes: (B, A, 4) xyxy in pixels.
        probabilities: (B, A, K).
        confidence: probability that a detection must exceed.
        iou: overlap above which the lesser box of a class is dropped.
        max_detections: most detections of an image.
    """
    return [
        _suppress_image(b, p, confidence, iou, max_detections)
        for b, p in zip(boxes, probabilities, strict=True)
    ]


def _suppress_image(
    boxes: Tensor, probabilities: Tensor, confidence: float, iou: float, max_detections: int
) -> Detections:
    """Return the detections among boxes (A, 4) with probabilities (A, K)."""
    anchors, labels = (probabilities > confidence).nonzero(as_tuple=True)
    scores, order = probabilities[anchors, labels].sort(descending=True, stable=True)
    scores, order = scores[:MAX_CANDIDATES], order[:MAX_CANDIDATES]
    boxes, labels = boxes[anchors[order]], labels[order]
    kept = _greedy(boxes + labels.unsqueeze(1) * CLASS_OFFSET, scores, iou, max_detections)
    return Detections(boxes[kept], scores[kept], labels[kept])


def _greedy(boxes: Tensor, scores: Tensor, iou: float, most: int) -> Tensor:
    """Return the indices of the `most` first boxes that survive, of boxes (N, 4) sorted by score.

    What survives among the first candidates does not depend on the rest, so that few have to be looked at.
    """
    from torchvision.ops import nms  # which training does without

    looked_at = FIRST_CANDIDATES
    kept: Tensor = nms(boxes[:looked_at], scores[:looked_at], iou)
    while kept.numel() < most and looked_at < boxes.shape[0]:
        looked_at *= 4
        kept = nms(boxes[:looked_at], scores[:looked_at], iou)
    return kept[:most]
