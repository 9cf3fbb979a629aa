"""A detector up to its decoded boxes, as one tensor: what other runtimes are given.

Non-maximum suppression stays outside: runtimes have their own, with thresholds of their own.

Shapes: B batch, H W height and width of the images, A anchors of all levels together, K classes.
"""

import torch
from torch import Tensor, nn

from lga.detection.decode import decode, flatten_levels
from lga.detection.detector import Detector


class DecodedDetector(nn.Module):
    """Map images (B, 3, H, W) to predictions (B, 4 + K, A): boxes xyxy in pixels, then probabilities."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, images: Tensor) -> Tensor:
        """Return the predictions of every anchor."""
        raw = flatten_levels(self.detector(images))
        return torch.cat(decode(raw, self.detector.head.bin_values), 2).transpose(1, 2)
