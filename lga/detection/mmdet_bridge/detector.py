"""A detector of mmdet on a backbone of this project.

Source: MMDetection (Chen et al., 2019), https://arxiv.org/abs/1906.07155, whose configuration files are
used as it ships them; `model_config` tells what is changed in them. Deviation: images reach the
backbone in [0, 1], as in the paper's detector, and not less the means of ImageNet, since no weights
pretrained there are loaded.

Shapes: B batch, H W height and width of the images (multiples of 32).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lga.backbones.backbone import Backbone
from lga.detection.mmdet_bridge.model_config import Judged, build_model
from lga.detection.mmdet_bridge.samples import bare_samples, detections, samples
from lga.structures import DetectionBatch, Detections


class MMDetDetector(nn.Module):
    """Find objects on images as a detector of mmdet does.

    Args:
        backbone: gives maps at strides 8, 16, 32.
        num_classes: of the dataset.
        config: one of mmdet's configuration files, relative to its folder of them.
        changes: merged into that file's `model`.
        confidence: score that a prediction must exceed.
        nms_iou: overlap above which the lesser box of a class is dropped; None leaves the file's.
        max_detections: most predictions on an image.

    Attributes:
        model: mmdet's, which is handed the backbone's maps where it would have made its own.

    Raises:
        UserError: mmdet is not installed as it should be, or cannot build what is asked for.
    """

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int,
        config: str,
        changes: Mapping[str, Any] | None = None,
        confidence: float = 0.001,
        nms_iou: float | None = None,
        max_detections: int = 300,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        judged = Judged(confidence, nms_iou, max_detections)
        self.model = build_model(config, changes or {}, backbone.out_channels, num_classes, judged)

    def forward(self, images: Tensor) -> tuple[Any, ...]:
        """Return what every part with weights makes of images (B, 3, H, W) in [0, 1], undecoded.

        How many regions the second of two stages is given depends on the weights, and with it what the
        stage costs. Here it is given the most that it takes, each the whole image: enough to count
        operations by.
        """
        maps = self.backbone(images)
        if not hasattr(self.model, "roi_head"):
            return tuple(self.model(maps, mode="tensor"))
        features = self.model.extract_feat(maps)
        scores, boxes = self.model.rpn_head(features)
        anchors = sum(level[0].numel() for level in scores)
        regions = _whole_images(images, min(self.model.test_cfg.rpn.max_per_img, anchors))
        return scores, boxes, *self.model.roi_head.forward(features, regions, bare_samples(images))

    def loss(self, batch: DetectionBatch) -> dict[str, Tensor]:
        """Return mmdet's loss terms by its names, weights included, and the `total` to minimise; scalars.

        Boxes to be ignored are handed on; mmdet heeds them where an assigner's `ignore_iof_thr` is above 0.
        """
        found = self.model.loss(self.backbone(batch.images), samples(batch))
        total, named = self.model.parse_losses(found)
        terms = {name: value for name, value in named.items() if "loss" in name and name != "loss"}
        return {**terms, "total": total}

    @torch.no_grad()
    def predict(self, images: Tensor) -> list[Detections]:
        """Return the detections of each image (B, 3, H, W), boxes in its pixels."""
        found = self.model.predict(self.backbone(images), bare_samples(images), rescale=False)
        return detections(found)

    def compile(self, *arguments: Any, **settings: Any) -> None:
        """Compile backbone and neck; what follows them depends on how many targets and boxes there are."""
        self.backbone.compile(*arguments, **settings)
        self.model.neck.compile(*arguments, **settings)


def _whole_images(images: Tensor, number: int) -> Sequence[Any]:
    """Return `number` regions of each image, all of them the whole image, as mmdet's proposals."""
    from mmengine.structures import InstanceData

    height, width = images.shape[2:]
    boxes = images.new_tensor([[0, 0, width, height]]).expand(number, 4)
    return [InstanceData(bboxes=boxes) for _ in range(len(images))]
