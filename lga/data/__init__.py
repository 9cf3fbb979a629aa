"""Datasets, one a file, their transforms and the data module; names are imported when first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lga.data.classification.digits import DigitsReader
    from lga.data.classification.labelled_images import ImageSplits, LabelledImages
    from lga.data.classification.mnist import FashionMNISTReader, MNISTReader

_MODULES = {
    "DigitsReader": "classification.digits",
    "FashionMNISTReader": "classification.mnist",
    "ImageSplits": "classification.labelled_images",
    "LabelledImages": "classification.labelled_images",
    "MNISTReader": "classification.mnist",
}
__all__ = ["DigitsReader", "FashionMNISTReader", "ImageSplits", "LabelledImages", "MNISTReader"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that the hashes of published files cost no torch."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
