"""The only door to mmdet, mmcv and mmengine: their detectors on our backbones, our blocks in their networks.

Nothing of them is imported before a detector of theirs is built.
"""

from lga.detection.mmdet_bridge.detector import MMDetDetector

__all__ = ["MMDetDetector"]
