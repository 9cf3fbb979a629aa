"""The paper's detectors: pure torch models, losses, decoding and judging."""

from lga.detection.average_precision import AveragePrecision, average_precision
from lga.detection.detector import Detector

__all__ = ["AveragePrecision", "Detector", "average_precision"]
