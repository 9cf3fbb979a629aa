"""Types that pass between the rooms of the project; imports nothing of it.

They are loaded when named, so that those who need no torch do not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lga.structures.batch import DetectionBatch, ImageBatch
    from lga.structures.boxes import cxcywh_to_xyxy, pairwise_iou, xyxy_to_cxcywh
    from lga.structures.detections import Detections

_HOMES = {
    "DetectionBatch": "batch",
    "ImageBatch": "batch",
    "Detections": "detections",
    "cxcywh_to_xyxy": "boxes",
    "pairwise_iou": "boxes",
    "xyxy_to_cxcywh": "boxes",
}

__all__ = [
    "DetectionBatch",
    "Detections",
    "ImageBatch",
    "cxcywh_to_xyxy",
    "pairwise_iou",
    "xyxy_to_cxcywh",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
