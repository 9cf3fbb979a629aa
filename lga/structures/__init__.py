"""Types that pass between the rooms of the project; imports nothing of it."""

from lga.structures.batch import DetectionBatch, Detections, ImageBatch
from lga.structures.boxes import cxcywh_to_xyxy, pairwise_iou, xyxy_to_cxcywh

__all__ = [
    "DetectionBatch",
    "Detections",
    "ImageBatch",
    "cxcywh_to_xyxy",
    "pairwise_iou",
    "xyxy_to_cxcywh",
]
