"""How metrics, attentions, networks, settings and estimates are written in tables, plots and sentences."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from lga.results.statistics import Estimate

METRICS = {
    "top1": "top-1 accuracy", "top5": "top-5 accuracy", "map50": "mAP50", "map50_95": "mAP50-95",
    "map75": "mAP75", "map_small": "mAP of small objects", "map_medium": "mAP of medium objects",
    "map_large": "mAP of large objects", "f1": "F1", "auroc": "AUROC",
    "calibration_error": "calibration error",
}  # fmt: skip
ATTENTIONS = {
    "none": "no attention", "none_widened": "no attention, widened", "se": "SE", "cbam": "CBAM", "lga": "LGA",
    "mhsa": "MHSA", "eca": "ECA", "shuffle": "shuffle attention",
    "lga_local": "LGA's local half", "lga_global": "LGA's global half",
}  # fmt: skip
NETWORKS = {
    "mobilenetv3": "MobileNetV3", "resnet18": "ResNet18", "yolov8n": "YOLOv8n",
    "resnet18_full": "ResNet18 with two blocks a stage", "timm_efficientnet_b0": "EfficientNet-B0",
    "timm_convnext_atto": "ConvNeXt Atto", "timm_vit_tiny_patch16_224": "ViT-Ti/16",
}  # fmt: skip
DATASETS = {
    "visdrone": "VisDrone", "voc2012": "VOC2012", "voc2007": "VOC2007", "coco_minitrain": "COCO minitrain",
    "coco2017": "COCO2017", "dota": "DOTA", "gwhd": "Global Wheat", "tinyperson": "TinyPerson",
    "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST",
    "digits": "Handwritten digits", "digit_scenes": "Scenes of digits",
}  # fmt: skip
UNSET = "unset"
ALPHAS = ("alpha", "alpha_local", "alpha_global")
_NOT_IN_PERCENT = ("loss",)
_NAMES = {**ATTENTIONS, **NETWORKS, **DATASETS}


def name_of(name: str) -> str:
    """Return what an attention, network or dataset is called; one without a name for people keeps its own."""
    return _NAMES.get(name, name)


def label(metric: str) -> str:
    """Return the metric's usual name, its protocol in front where the task has several."""
    *protocol, name = metric.split("/")
    return " ".join([*protocol, METRICS.get(name, name)])


def unit(metric: str) -> str:
    """`%`, or nothing for a metric without unit."""
    return "" if metric.rsplit("/", 1)[-1] in _NOT_IN_PERCENT else "%"


def block_label(block: Mapping[str, Any], released: Mapping[str, Any]) -> str:
    """Return such as ``alphas frozen at 0.25 / 0.75`` or ``heads 12``; empty where nothing differs.

    Args:
        block: config of a variant of the block.
        released: config of the same class that is the released block.
    """
    differing = [name for name in block if block[name] != released.get(name)]
    words = [setting_text(name, block[name]) for name in differing if name not in ALPHAS]
    if any(name in ALPHAS for name in differing):
        words.insert(0, _alphas(block))
    return ", ".join(words)


def _alphas(block: Mapping[str, Any]) -> str:
    kind, local, universal = (block[name] for name in ALPHAS)
    place = "at" if kind == "frozen" else "from"
    return f"alphas {_words(kind)} {place} {local:g} / {universal:g}"


def setting_text(setting: str, value: Any) -> str:
    """Return a setting's value in words: ``12 epochs``, ``25 % of the training images``, ``heads 12``."""
    *_, group, name = ("", *setting.split("."))
    if name == "epochs":
        return f"{value} epochs"
    if name == "train_share":
        with suppress(TypeError, ValueError):  # of a foreign record
            return f"{100 * float(value):g} % of the training images"
    of_name = {
        "selection": f"epoch chosen on {'the test' if value == 'test' else 'held-out'} images",
        "content_sha256": f"data {str(value)[:8]}",
        "start": f"first weights {'of the older rule' if value == UNSET else f'drawn {_words(str(value))}'}",
    }
    if name in of_name:
        return of_name[name]
    if name in ("name", "_target_"):
        value = str(value).rpartition(".")[2] if name == "_target_" else value
        name = group
    name = "learning_rate" if name == "lr" else name
    if isinstance(value, bool) or value is None:
        return _words(name) if value else f"no {_words(name)}"
    values = value if isinstance(value, list) else [value]
    return f"{_words(name)} {', '.join(_words(str(each)) for each in values)}"


def _words(text: str) -> str:
    return text.replace("_", " ")


def interval(found: Estimate, signed: bool = False) -> str:
    """Mean and interval, if there is one: ``+0.93 [+0.55, +1.31]``."""
    sign = "+" if signed else ""
    if found.low is None or found.high is None:
        return f"{found.mean:{sign}.2f}"
    return f"{found.mean:{sign}.2f} [{found.low:{sign}.2f}, {found.high:{sign}.2f}]"


def p_text(p: float) -> str:
    """Three digits; fewer than they can show is said."""
    return f"{p:.3f}" if p >= 0.0005 else "< 0.001"
