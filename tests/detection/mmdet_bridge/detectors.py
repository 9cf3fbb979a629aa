"""Detectors of mmdet as the cells have them, and a small batch."""

import torch

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.run.build import build_network
from lga.structures import DetectionBatch

NAMES = ("retinanet", "fcos", "tood", "rtmdet", "faster_rcnn", "cascade_rcnn")


def built(name, *overrides):
    """The network of a cell with the detector called `name`, for 10 classes."""
    return build_network(freeze(compose(["dataset=digit_scenes", f"detector={name}", *overrides])).cfg)


def batch(boxes=((4, 4, 34, 40), (10, 10, 50, 60), (30, 2, 62, 30)), rows=(0, 0, 1), ignore=(), images=2):
    """Random images of 64 pixels; those of `boxes` whose place is in `ignore` are to be ignored."""
    draw = torch.Generator().manual_seed(0)
    return DetectionBatch(
        torch.rand(images, 3, 64, 64, generator=draw),
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        torch.arange(len(boxes)) % 10,
        torch.tensor(rows[: len(boxes)], dtype=torch.int64),
        torch.tensor([place in ignore for place in range(len(boxes))], dtype=torch.bool),
    )
