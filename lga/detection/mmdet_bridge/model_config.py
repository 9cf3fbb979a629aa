"""From one of mmdet's configuration files to a model that reads this project's three maps.

The file is taken as mmdet ships it. Changed in it are: what the cell's YAML says under `changes`; the
backbone, whose place is held by `PassedOn`, since the maps come in ready; the channels that the neck reads;
the number of classes; batch norm of one device in place of the synchronised one; the test settings that
every detector of this project names. Weights pretrained on other images are left out, and so are the means
that belong to them.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from lga.detection.mmdet_bridge.packages import import_mmdet
from lga.system.errors import UserError


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

    # Asked for the epoch by detectors that change their assigner as they go; nothing tells it here.
    MessageHub.get_current_instance().update_info("epoch", 0)
    MMLogger.get_current_instance().setLevel(logging.WARNING)  # below, it tells how each weight is drawn
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
