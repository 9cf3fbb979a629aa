"""Local-Global Attention inside a detector of mmdet, by its configuration: `python examples/mmdet_plugin.py`.

A RetinaNet's ResNet-50 gets a block after the third convolution of each residual block of its last stage;
the detector then takes one step on a random image. With a Runner of mmengine the same configuration trains
as any other.
"""

import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.structures import InstanceData

CONFIG = """
custom_imports = dict(imports=["lga.detection.mmdet_bridge.registered"])
_base_ = "mmdet::retinanet/retinanet_r50_fpn_1x_coco.py"
model = dict(
    backbone=dict(
        init_cfg=None,  # no pretrained weights are fetched
        plugins=[
            dict(
                cfg=dict(type="LGAAttention", heads=16),
                stages=(False, False, False, True),
                position="after_conv3",
            )
        ],
    )
)
"""


def main() -> None:
    """Build the detector, take a step and predict."""
    config = Config.fromstring(CONFIG, file_format=".py")

    # After the configuration, whose import serves mmcv's operations where they are not compiled.
    from mmdet.registry import MODELS
    from mmdet.structures import DetDataSample

    torch.manual_seed(0)
    MMLogger.get_current_instance().setLevel("WARNING")  # below, it tells how each weight is drawn
    detector = MODELS.build(config.model)
    detector.init_weights()
    size = (64, 64)
    sample = DetDataSample(metainfo={"img_shape": size, "ori_shape": size, "scale_factor": (1.0, 1.0)})
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor([[8.0, 8.0, 48.0, 40.0]]), labels=torch.tensor([3])
    )
    data = {"inputs": [torch.randint(0, 256, (3, *size), dtype=torch.uint8)], "data_samples": [sample]}

    loss, _ = detector.parse_losses(detector(**detector.data_preprocessor(data, training=True), mode="loss"))
    loss.backward()
    blocks = [module for module in detector.modules() if type(module).__name__ == "LGAAttention"]
    learning = sum(p.grad is not None for block in blocks for p in block.parameters())
    print(f"{len(blocks)} blocks, {learning} of their parameters with a gradient, loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
