"""Types that pass between the rooms of the project; imports nothing of it."""

from lga.structures.batch import DetectionBatch, Detections, ImageBatch

__all__ = ["DetectionBatch", "Detections", "ImageBatch"]
