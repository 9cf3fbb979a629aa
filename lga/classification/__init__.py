"""Image classification: the head and the whole network."""

from lga.classification.classifier import ClassificationHead, Classifier

__all__ = ["ClassificationHead", "Classifier"]
