"""The paper's backbones, one network a file, each with a named attention slot at its end."""

from lga.backbones.author_checkpoint import load_author_checkpoint
from lga.backbones.backbone import Backbone
from lga.backbones.mobilenetv3 import MobileNetV3
from lga.backbones.resnet18 import ResNet18
from lga.backbones.yolov8 import YOLOv8

__all__ = ["Backbone", "MobileNetV3", "ResNet18", "YOLOv8", "load_author_checkpoint"]
