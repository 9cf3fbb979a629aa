"""The detector: published parameter counts, constants, start values, names, predictions."""

import math

import pytest
import torch
from torch import nn

from lga.attention import NoAttention, SqueezeExcite
from lga.backbones import MobileNetV3, ResNet18, YOLOv8
from lga.backbones.author_checkpoint import author_names
from lga.detection import Detector
from tests.detection.batches import batch_of
from tests.oracle_networks import build_backbone, parameter_count


@pytest.mark.parametrize("classes", [1, 2, 10, 15, 20])
@pytest.mark.parametrize(
    ("backbone", "one_class", "per_class"),
    [(MobileNetV3, 1_190_153, 99), (ResNet18, 903_323, 99), (YOLOv8, 3_011_043, 195)],
)
def test_published_totals(backbone, one_class, per_class, classes):
    assert parameter_count(Detector(backbone(NoAttention), classes)) == one_class + per_class * (classes - 1)


@pytest.mark.parametrize(
    ("backbone", "total"), [(MobileNetV3, 1_451_990), (ResNet18, 1_165_160), (YOLOv8, 3_157_200)]
)
def test_published_totals_of_80_classes(backbone, total):
    assert parameter_count(Detector(backbone(NoAttention), 80)) == total


@pytest.mark.parametrize(
    ("backbone", "attention", "classes", "total"),
    [
        ("mobilenetv3", "lga", 2, 1_204_610),
        ("mobilenetv3", "cbam", 80, 1_452_688),
        ("resnet18", "lga", 15, 1_052_939),
        ("resnet18", "mhsa", 2, 952_958),
        ("yolov8n", "lga", 2, 3_438_764),
        ("yolov8n", "shuffle", 2, 3_011_334),
    ],
)
def test_published_totals_with_attention(backbone, attention, classes, total):
    assert parameter_count(Detector(build_backbone(backbone, attention, "detection"), classes)) == total


def test_the_bins_are_counted_but_not_trained():
    model = Detector(MobileNetV3(NoAttention), 2)
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert parameter_count(model) - trained == 16
    assert model.head.bin_values.flatten().tolist() == list(range(16))


def test_batch_norms_have_the_familys_constants():
    norms = [m for m in Detector(ResNet18(NoAttention), 2).modules() if isinstance(m, nn.BatchNorm2d)]
    assert {(m.eps, m.momentum) for m in norms} == {(1e-3, 0.03)}


def test_start_values_of_the_last_biases():
    head = Detector(MobileNetV3(NoAttention), 4).head
    for stride, box, classes in zip((8, 16, 32), head.box_branches, head.class_branches, strict=True):
        assert box[-1].bias.tolist() == [1.0] * 64
        expected = math.log(5 / 4 / (640 / stride) ** 2)
        torch.testing.assert_close(classes[-1].bias, torch.full((4,), expected))


@pytest.mark.parametrize(
    ("backbone", "attention", "first_c2f", "head"),
    [
        (MobileNetV3, SqueezeExcite, 15, 25),
        (MobileNetV3, NoAttention, 14, 24),
        (ResNet18, SqueezeExcite, 11, 21),
        (YOLOv8, NoAttention, 12, 22),
    ],
)
def test_author_indices_count_the_slot_only_when_it_is_filled(backbone, attention, first_c2f, head):
    model = Detector(backbone(attention), 2)
    names = author_names(model.state_dict(), model.author_rules())
    assert names["neck.fuse_middle.join.norm.bias"] == f"model.{first_c2f}.cv2.bn.bias"
    assert names["neck.fuse_fine.split.convolution.weight"] == f"model.{first_c2f + 3}.cv1.conv.weight"
    assert names["neck.down_fine.convolution.weight"] == f"model.{first_c2f + 4}.conv.weight"
    assert names["neck.down_middle.norm.weight"] == f"model.{first_c2f + 7}.bn.weight"
    refined = names["neck.refine_coarse.bottlenecks.0.second.norm.weight"]
    assert refined == f"model.{first_c2f + 9}.m.0.cv2.bn.weight"
    assert names["head.class_branches.2.1.norm.bias"] == f"model.{head}.cv3.2.1.bn.bias"
    assert names["head.box_branches.1.2.bias"] == f"model.{head}.cv2.1.2.bias"
    assert names["head.bin_values"] == f"model.{head}.dfl.conv.weight"


def test_raw_maps():
    levels = Detector(MobileNetV3(NoAttention), 3).eval()(torch.rand(2, 3, 64, 96))
    assert [tuple(level.shape) for level in levels] == [(2, 67, 8, 12), (2, 67, 4, 6), (2, 67, 2, 3)]


def test_predictions_are_sorted_bounded_in_number_and_of_known_classes():
    torch.manual_seed(0)
    model = Detector(MobileNetV3(NoAttention), 3, confidence=0.0, max_detections=20).eval()
    found = model.predict(torch.rand(2, 3, 64, 64))
    assert [len(detections.scores) for detections in found] == [20, 20]
    for detections in found:
        assert detections.boxes.shape == (20, 4)
        assert (detections.scores.diff() <= 0).all()
        assert set(detections.labels.tolist()) <= {0, 1, 2}
        assert not detections.boxes.requires_grad


def test_no_images_no_predictions():
    assert Detector(MobileNetV3(NoAttention), 3).eval().predict(torch.zeros(0, 3, 64, 64)) == []


def test_an_untrained_network_finds_nothing_above_one_half():
    found = Detector(MobileNetV3(NoAttention), 3, confidence=0.5).eval().predict(torch.rand(1, 3, 64, 64))
    assert found[0].boxes.shape == (0, 4)
    assert found[0].labels.dtype == torch.long


def test_a_few_steps_lower_the_loss():
    torch.manual_seed(0)
    model = Detector(MobileNetV3(NoAttention), 2).train()
    images = torch.rand(2, 3, 64, 64)
    batch = batch_of(images, [[8, 8, 40, 40], [20, 4, 60, 50]], [0, 1], [0, 1])
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    totals = []
    for _ in range(8):
        loss = model.loss(batch).divided()
        optimizer.zero_grad()
        loss["total"].backward()
        optimizer.step()
        totals.append(loss["total"].item())
    assert set(loss) == {"box", "class", "distribution", "total"}
    assert totals[-1] < 0.8 * totals[0]


def test_ignored_boxes_are_not_targets():
    torch.manual_seed(0)
    model = Detector(MobileNetV3(NoAttention), 2).eval()
    images = torch.rand(1, 3, 64, 64)
    with_ignored = batch_of(images, [[8, 8, 40, 40], [20, 4, 60, 50]], [0, 1], [0, 0])
    with_ignored.ignore[1] = True
    without = batch_of(images, [[8, 8, 40, 40]], [0], [0])
    expected = model.loss(without).divided()["total"]
    torch.testing.assert_close(model.loss(with_ignored).divided()["total"], expected)
