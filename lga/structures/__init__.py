"""Types that pass between the rooms of the project; imports nothing of it.

Those that need torch are loaded when named: readers look at files without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lga.structures.batch import DetectionBatch, Detections, ImageBatch

__all__ = ["DetectionBatch", "Detections", "ImageBatch"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("lga.structures.batch"), name)
