"""The paper's detectors: pure torch models, losses, decoding and judging."""

from lga.detection.judging.paper_protocol import AveragePrecision, average_precision
from lga.detection.yolov8.detector import Detector

__all__ = ["AveragePrecision", "Detector", "average_precision"]
