"""The paper's head and loss where mmdet expects a dense head.

Shapes: B batch, C channels, H W height and width of a level, K classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lga.detection.decode import decode, flatten_levels
from lga.detection.detection_loss import LossGains, detection_loss
from lga.detection.head import DetectionHead
from lga.detection.mmdet_bridge.family_norms import set_family_norms
from lga.detection.mmdet_bridge.samples import batch_of, predictions
from lga.detection.nms import suppress
from lga.detection.targets import pad_targets


class LGADetectionHead(DetectionHead):
    """`DetectionHead` with the paper's loss and predictions, called as mmdet calls a head.

    Args:
        num_classes: K.
        in_channels: channels of the levels at strides 8, 16, 32.
        train_cfg: `box_gain`, `class_gain`, `distribution_gain`; the paper's where left out.
        test_cfg: `score_thr`, `nms` with an `iou_threshold`, `max_per_img`; the paper's where left out.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: Sequence[int],
        train_cfg: Mapping[str, Any] | None = None,
        test_cfg: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(in_channels, num_classes)
        gains, judged = train_cfg or {}, test_cfg or {}
        self.gains = LossGains(
            gains.get("box_gain", LossGains.box),
            gains.get("class_gain", LossGains.classes),
            gains.get("distribution_gain", LossGains.distribution),
        )
        self.confidence = judged.get("score_thr", 0.001)
        self.nms_iou = judged.get("nms", {}).get("iou_threshold", 0.7)
        self.max_detections = judged.get("max_per_img", 300)
        set_family_norms(self)

    def loss(self, x: Sequence[Tensor], batch_data_samples: Sequence[Any]) -> dict[str, Tensor]:
        """Return the terms, each times the batch size, so that their sum, as mmdet takes it, is the total."""
        levels = self(x)
        targets = pad_targets(batch_of(batch_data_samples, levels[0]))
        terms = detection_loss(levels, targets, self.bin_values, self.gains).divided()
        return {f"loss_{name}": len(levels[0]) * term for name, term in terms.items() if name != "total"}

    @torch.no_grad()
    def predict(
        self, x: Sequence[Tensor], batch_data_samples: Sequence[Any], rescale: bool = False
    ) -> list[Any]:
        """Return mmdet's instances of each image, in its own pixels if `rescale`."""
        boxes, probabilities = decode(flatten_levels(self(x)), self.bin_values)
        found = suppress(boxes, probabilities, self.confidence, self.nms_iou, self.max_detections)
        return predictions(found, batch_data_samples if rescale else None)
