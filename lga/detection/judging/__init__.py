"""How detections are judged: by protocols that are never mixed, and what is drawn from them."""

from lga.detection.judging.coco_protocol import evaluate_coco
from lga.detection.judging.collector import (
    Collected,
    Collector,
    JudgedImage,
    Judgement,
    WholeImages,
    in_original_pixels,
    whole_images,
)
from lga.detection.judging.curves import confusion_matrix, curves
from lga.detection.judging.outcomes import outcomes
from lga.detection.judging.paper_protocol import judge_by_paper

__all__ = [
    "Collected",
    "Collector",
    "JudgedImage",
    "Judgement",
    "WholeImages",
    "confusion_matrix",
    "curves",
    "evaluate_coco",
    "in_original_pixels",
    "judge_by_paper",
    "outcomes",
    "whole_images",
]
