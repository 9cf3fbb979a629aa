"""Classes and functions that moved: a config may name them as before, and a run's identity still does."""

from typing import Any

MOVED = {
    "lga.backbones.timm_backbone.TimmBackbone": "lga.backbones.timm.backbone.TimmBackbone",
    "lga.data.classification_data.ClassificationData": (
        "lga.data.classification.classification_data.ClassificationData"
    ),
    "lga.data.published.coco2017.Coco2017Reader": "lga.data.published.coco.Coco2017Reader",
    "lga.data.published.coco_minitrain.CocoMinitrainReader": "lga.data.published.coco.CocoMinitrainReader",
    "lga.data.published.gwhd.gwhd_reader": "lga.data.published.gwhd.reader.gwhd_reader",
    "lga.data.published.voc2007.VOC2007Reader": "lga.data.published.voc.VOC2007Reader",
    "lga.data.published.voc2012.VOC2012Reader": "lga.data.published.voc.VOC2012Reader",
}
_FIRST = {now: before for before, now in MOVED.items()}


def current(target: str) -> str:
    """Return where a `_target_` lies today."""
    return MOVED.get(target, target)


def first(setting: str, value: Any) -> Any:
    """Return a setting's value, a `_target_` by the name it had first."""
    return _FIRST.get(value, value) if setting.rpartition(".")[2] == "_target_" else value
