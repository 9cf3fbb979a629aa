"""Local-Global Attention in timm's networks, and the paper's networks among timm's. Nothing is downloaded.

python examples/timm_attention.py
"""

import timm
import torch

import lga.classification.timm_models  # noqa: F401 - registers lga_mobilenetv3, lga_resnet18, lga_yolov8
from lga.attention import LocalGlobalAttention, NoAttention
from lga.attention.timm_layer import as_timm_layer
from lga.backbones.timm.backbone import TimmBackbone

images = torch.rand(2, 3, 64, 64)


def report(name: str, model: torch.nn.Module, output: torch.Tensor) -> None:
    """Print what a model is and returns."""
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{name}: {parameters:,} parameters, {tuple(images.shape)} -> {tuple(output.shape)}")


# 1. In each block of a network of timm, where it has its own "se" or "eca"; heads by the channels, or set.
for name, layer in (
    ("resnet10t", as_timm_layer(LocalGlobalAttention)),
    ("resnetblur18", as_timm_layer(LocalGlobalAttention, heads=8)),
):
    model = timm.create_model(name, num_classes=10, block_args={"attn_layer": layer})
    report(f"{name} with LGA in each block", model, model(images))

# 2. After the last stage of any network of timm, as the paper places it; maps at strides 8, 16, 32.
for block in (NoAttention, as_timm_layer(LocalGlobalAttention)):
    backbone = TimmBackbone(block, "efficientnet_b0")
    report("efficientnet_b0 and the slot", backbone, backbone(images)[2])

# 3. The paper's networks by timm's names: whole, with another attention, or as feature maps.
print(timm.list_models("lga_*"))
model = timm.create_model("lga_mobilenetv3", num_classes=10)
report("lga_mobilenetv3", model, model(images))
model = timm.create_model("lga_mobilenetv3", num_classes=10, attn_layer="eca")
report("lga_mobilenetv3 with timm's ECA", model, model(images))
features = timm.create_model("lga_resnet18", features_only=True)
print(features.feature_info.reduction(), [tuple(level.shape[1:]) for level in features(images)])
