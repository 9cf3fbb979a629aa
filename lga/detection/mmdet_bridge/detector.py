"""A detector of mmdet on a backbone of this project.

Source: MMDetection (Chen et al., 2019), https://arxiv.org/abs/1906.07155. Its configuration file is taken as
mmdet ships it. Changed in it are: what the cell's YAML says under `changes`; the backbone, whose place is
held by `PassedOn`, since the maps come in ready; the channels that the neck reads; the number of classes;
batch norm of one device in place of the synchronised one; the test settings that every detector of this
project names. Weights pretrained on other images are left out, and so are the means that belong to them:
images reach the backbone in [0, 1], as in the paper's detector.

Shapes: B batch, H W height and width of the images (multiples of 32).
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lga.backbones.backbone import Backbone
from lga.detection.mmdet_bridge.packages import import_mmdet
from lga.detection.mmdet_bridge.samples import bare_samples, detections, samples
from lga.structures import DetectionBatch, Detections
from lga.system.errors import UserError


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


class Judged(NamedTuple):
    """Which predictions are given out: see `MMDetDetector`."""

    confidence: float
    nms_iou: float | None
    max_detections: int


class PassedOn(nn.Module):
    """Holds the backbone's place in a model of mmdet that is handed the backbone's maps."""

    def forward(self, maps: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the maps as they came."""
        return maps


def build_model(
    file: str, changes: Mapping[str, Any], out_channels: Sequence[int], num_classes: int, judged: Judged
) -> Any:
    """Return the model, its own weights drawn as mmdet draws them.

    Args:
        file: one of mmdet's, relative to its folder of configurations.
        changes: merged into the file's `model`, mappings key by key, anything else whole.
        out_channels: of the maps it will be handed.
        num_classes: of the dataset.
        judged: replaces the file's test settings.

    Raises:
        UserError: there is no such file, or mmdet cannot build what it and the changes say.
    """
    model = read(file, changes)
    from mmdet.registry import MODELS
    from mmengine.logging import MessageHub, MMLogger

    # Asked for the epoch by detectors that change their assigner as they go; nothing sets it here.
    MessageHub.get_current_instance().update_info("epoch", 0)
    MMLogger.get_current_instance().setLevel(logging.WARNING)  # below, it logs how each weight is drawn
    try:
        _adapt(model, out_channels, num_classes, judged)
        built = MODELS.build(model)
    except (AssertionError, AttributeError, KeyError, TypeError) as error:
        raise UserError(f"config={file}: mmdet cannot build it: {error}") from error
    built.init_weights()
    return built


def read(file: str, changes: Mapping[str, Any]) -> Any:
    """Return the `model` of mmdet's configuration `file` with `changes` merged into it."""
    folder = Path(import_mmdet().__path__[0]) / ".mim" / "configs"
    from mmengine.config import Config

    if not (folder / file).is_file():
        raise UserError(f"config={file}: no such file in {folder}, where mmdet keeps its own")
    config = Config.fromfile(str(folder / file))
    config.merge_from_dict({"model": dict(changes)})
    return config.model


def _adapt(model: Any, out_channels: Sequence[int], num_classes: int, judged: Judged) -> None:
    """Change `model` in place as the module's docstring says."""
    for unwanted in ("data_preprocessor", "init_cfg"):
        model.pop(unwanted, None)
    model["backbone"] = {"type": PassedOn}
    neck = model["neck"][0] if isinstance(model["neck"], list) else model["neck"]
    neck["in_channels"] = list(out_channels)
    for part in _mappings(model):
        if "num_classes" in part:
            part["num_classes"] = num_classes
        if part.get("type") == "SyncBN":
            part["type"] = "BN"
    settings = model["test_cfg"].get("rcnn", model["test_cfg"])
    settings.update(score_thr=judged.confidence, max_per_img=judged.max_detections)
    if judged.nms_iou is not None:
        settings["nms"]["iou_threshold"] = judged.nms_iou


def _mappings(node: Any) -> Iterator[Any]:
    """Yield every mapping in `node`, itself included."""
    if isinstance(node, Mapping):
        yield node
    if isinstance(node, Mapping | list | tuple):
        for child in node.values() if isinstance(node, Mapping) else node:
            yield from _mappings(child)
