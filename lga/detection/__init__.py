"""The paper's detectors: pure torch models, losses, decoding and judging."""

from lga.detection.yolov8.detector import Detector

__all__ = ["Detector"]
