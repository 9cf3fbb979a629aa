"""The networks that oracle files and published rows name, built from the shipped configuration."""

from pathlib import Path

from hydra.utils import instantiate
from omegaconf import OmegaConf

from lga.backbones import Backbone

CONF = Path(__file__).parents[1] / "conf"


def build_backbone(backbone: str, attention: str, task: str) -> Backbone:
    """The backbone of that name (`resnet18`, `yolov8n`) with that attention, as the task has it."""
    found = CONF / "backbone" / f"{backbone}.yaml"
    chosen = OmegaConf.load(found if found.is_file() else found.with_stem(backbone[:-1]))
    if not found.is_file():
        chosen.scale = backbone[-1]
    config = OmegaConf.create(
        {
            "backbone": chosen,
            "attention": OmegaConf.load(CONF / "attention" / f"{attention}.yaml"),
            "task": {"name": task},
        }
    )
    return instantiate(config.backbone.network)(attention=instantiate(config.attention.block))


def parameter_count(module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
