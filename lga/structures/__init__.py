"""Types that pass between the rooms of the project; imports nothing of it.

Those that need torch are loaded when named: readers look at files without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lga.structures.batch import DetectionBatch, Detections, ImageBatch
    from lga.structures.boxes import cxcywh_to_xyxy, pairwise_iou, xyxy_to_cxcywh

_BATCHES = ("DetectionBatch", "Detections", "ImageBatch")
__all__ = [
    "DetectionBatch",
    "Detections",
    "ImageBatch",
    "cxcywh_to_xyxy",
    "pairwise_iou",
    "xyxy_to_cxcywh",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'batch' if name in _BATCHES else 'boxes'}"), name)
