"""Datasets, one a file, their transforms and the data module."""

from lga.data.digits import DigitsReader
from lga.data.fashion_mnist import FashionMNISTReader
from lga.data.labelled_images import ImageSplits, LabelledImages
from lga.data.mnist import MNISTReader

__all__ = [
    "DigitsReader",
    "FashionMNISTReader",
    "ImageSplits",
    "LabelledImages",
    "MNISTReader",
]
