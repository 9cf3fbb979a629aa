"""Detection data: what a reader gives, how it is checked and kept, and how batches are made of it.

Two of the names need torch, which readers must not wait for: they are loaded when named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lga.data.detection.image_stores import ArrayImages, FileImages, ImageStore
from lga.data.detection.splits import DetectionSource, DetectionSplits, Targets

if TYPE_CHECKING:
    from lga.data.detection.augmentation import DetectionAugmentation
    from lga.data.detection.detection_data import DetectionData

_MODULES = {"DetectionAugmentation": "augmentation", "DetectionData": "detection_data"}

__all__ = [
    "ArrayImages", "DetectionAugmentation", "DetectionData", "DetectionSource", "DetectionSplits",
    "FileImages", "ImageStore", "Targets",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
