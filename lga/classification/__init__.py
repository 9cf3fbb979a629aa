"""Image classification: the head and the whole network."""

from lga.classification.classifier import Classifier
from lga.classification.head import ClassificationHead

__all__ = ["ClassificationHead", "Classifier"]
