"""A training step asks a GPU for no number: here on torch's `meta` device, where asking is an error.

So is to mix devices, and whatever has a shape that depends on values. Fused optimizers are not for `meta`.
"""

import pytest
import torch

from lga.attention import CBAM, LocalGlobalAttention, NoAttention
from lga.backbones import MobileNetV3
from lga.classification import Classifier
from lga.detection import Detector
from lga.structures.batch import ImageBatch
from lga.tasks.classification_task import ClassificationTask
from lga.tasks.detection_task import DetectionTask
from tests.detection.batches import batch_of
from tests.tasks.test_detection_task import optimization

NAMES = ["a", "b"]
IMAGES = torch.zeros(2, 3, 64, 64)
SCENES = batch_of(IMAGES, [[2, 2, 30, 28], [8, 8, 40, 60], [0, 0, 4, 4]], [0, 1, 1], [1, 1, 0])


def classification(block):
    task = ClassificationTask(Classifier(MobileNetV3(block), 2), optimization(), 0, NAMES)
    return task, ImageBatch(IMAGES, torch.tensor([0, 1]))


def detection(block, most=2):
    SCENES.most = most
    return DetectionTask(Detector(MobileNetV3(block), 2), optimization(), 0, NAMES), SCENES


def step(task, batch):
    """What a step of `BaseTask.training_step` does beside Lightning's hooks, and an epoch's means."""
    task, batch = task.to("meta"), batch.to("meta")
    optimizer = task.configure_optimizers()
    for _ in range(2):
        losses = task.training_loss(batch)
        losses["loss"].backward()
        task._step(optimizer)
        task.training_means.add(losses, task.counted(batch))
    return task.training_means.compute()


@pytest.mark.parametrize("block", [NoAttention, LocalGlobalAttention, CBAM])
@pytest.mark.parametrize("make", [classification, detection])
def test_nothing_is_read_back(make, block):
    means = step(*make(block))
    assert means["loss"].device.type == "meta"


def test_a_read_would_be_seen():
    """Targets that are not counted beforehand are counted on the device, and the number is read."""
    with pytest.raises(RuntimeError, match="item"):
        step(*detection(NoAttention, most=None))
