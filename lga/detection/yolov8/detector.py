"""The paper's detector: backbone, path aggregation, anchor-free head, and its loss and predictions.

Source: arXiv 2411.09604, tables 2 to 5, which put attention into networks of the YOLOv8 family.

Shapes: B batch, H W height and width of the images (multiples of 32), A anchors of all levels together, K
classes.
"""

from collections.abc import Collection

import torch
from torch import Tensor, nn

from lga.attention.local_global.spectral_correlation import without_autocast
from lga.backbones.author_checkpoint import Rules, prefixed
from lga.backbones.backbone import Backbone
from lga.detection.yolov8.assigner import pad_targets
from lga.detection.yolov8.decode import decode, flatten_levels
from lga.detection.yolov8.head import DetectionHead
from lga.detection.yolov8.loss import LossGains, LossSums, detection_loss
from lga.detection.yolov8.neck import PathAggregation
from lga.detection.yolov8.nms import suppress
from lga.structures import DetectionBatch, Detections

NORM_EPS = 1e-3
NORM_MOMENTUM = 0.03


def set_family_norms(module: nn.Module) -> None:
    """Set the batch norms in `module` to the constants of the YOLOv8 family."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eps, part.momentum = NORM_EPS, NORM_MOMENTUM


class Detector(nn.Module):
    """Find objects on images.

    Args:
        backbone: gives maps at strides 8, 16, 32; its batch norms are set to this family's constants.
        num_classes: K.
        confidence: probability that a prediction must exceed.
        nms_iou: overlap above which the lesser box of a class is dropped.
        max_detections: most predictions on an image.
        box_gain, class_gain, distribution_gain: factors of the loss terms.
    """

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int,
        confidence: float = 0.001,
        nms_iou: float = 0.7,
        max_detections: int = 300,
        box_gain: float = LossGains.box,
        class_gain: float = LossGains.classes,
        distribution_gain: float = LossGains.distribution,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = PathAggregation(backbone.out_channels, backbone.neck_channels, backbone.neck_repeats)
        self.head = DetectionHead(backbone.neck_channels, num_classes)
        self.confidence = confidence
        self.nms_iou = nms_iou
        self.max_detections = max_detections
        self.gains = LossGains(box_gain, class_gain, distribution_gain)
        set_family_norms(self)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the raw maps (B, 64 + K, h, w) at strides 8, 16, 32 of images (B, 3, H, W) in [0, 1]."""
        return self.head(self.neck(*self.backbone(images)))  # type: ignore[no-any-return]

    def loss(self, batch: DetectionBatch) -> LossSums:
        """Return the loss of a training batch; `LossSums.divided` gives its terms and the total to minimise.

        Under autocast the network alone runs in lower precision.
        """
        levels = self(batch.images)
        with without_autocast(batch.images.device):
            return detection_loss(levels, pad_targets(batch), self.head.bin_values, self.gains)

    @torch.no_grad()
    def predict(self, images: Tensor) -> list[Detections]:
        """Return the detections of each image (B, 3, H, W), boxes in its pixels, not clipped to it."""
        boxes, probabilities = decode(flatten_levels(self(images)), self.head.bin_values)
        return suppress(boxes, probabilities, self.confidence, self.nms_iou, self.max_detections)

    def author_rules(self, checkpoint_keys: Collection[str] = ()) -> Rules:
        """Return the author's prefix of each prefix of this network's state dict."""
        first_block = self.backbone.next_author_block
        return {
            **prefixed(self.backbone.author_rules(checkpoint_keys), "backbone"),
            **prefixed(self.neck.author_rules(first_block), "neck"),
            **prefixed(self.head.author_rules(f"model.{first_block + 12}"), "head"),
        }


class DecodedDetector(nn.Module):
    """Map images (B, 3, H, W) to predictions (B, 4 + K, A): boxes xyxy in pixels, then probabilities.

    This is what other runtimes are given. They have non-maximum suppression of their own, with thresholds of
    their own, so it is left out.
    """

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, images: Tensor) -> Tensor:
        """Return the predictions of every anchor."""
        raw = flatten_levels(self.detector(images))
        return torch.cat(decode(raw, self.detector.head.bin_values), 2).transpose(1, 2)
