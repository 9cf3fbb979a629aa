"""The paper's detectors: pure torch models, losses, decoding and judging."""

from lga.detection.detector import Detector
from lga.detection.judging.paper_protocol import AveragePrecision, average_precision

__all__ = ["AveragePrecision", "Detector", "average_precision"]
