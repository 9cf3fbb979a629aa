"""Oracle files of detectors, losses, suppression and average precision, compared by number."""

import re

import numpy as np
import torch
from torchvision.ops import box_convert

from lga.detection import Detector
from lga.detection.judging.paper_protocol import average_precision
from lga.detection.yolov8.assigner import pad_targets
from lga.detection.yolov8.decode import decode, flatten_levels
from lga.detection.yolov8.loss import detection_loss
from lga.detection.yolov8.nms import suppress
from lga.structures import DetectionBatch
from tests.oracle_checks_classification import Arrays, load_by_rule
from tests.oracle_networks import build_backbone
from tests.oracle_weights import input_for

NAME = re.compile(r"model_(?P<backbone>[^_]+)_(?P<attention>.+)_nc(?P<classes>\d+)")


def check_model(name: str, oracle: Arrays) -> None:
    """The author's names; levels within 1e-4 of their largest, boxes 0.01 px, probabilities 1e-4."""
    named = NAME.fullmatch(name)
    assert named, f"{name}: not a detector's file name"
    backbone = build_backbone(named["backbone"], named["attention"], "detection")
    model = Detector(backbone, int(named["classes"])).eval()
    load_by_rule(model, oracle["keys"].tolist())
    with torch.no_grad():
        levels = model(input_for(tuple(oracle["x_shape"]), "model"))
        boxes, probabilities = decode(flatten_levels(levels), model.head.bin_values)
    for i, level in enumerate(levels):
        assert_close(level, oracle[f"level{i}"], 1e-4 * np.abs(oracle[f"level{i}"]).max())
    assert_close(box_convert(boxes, "xyxy", "cxcywh").transpose(1, 2), oracle["decoded"][:, :4], 1e-2)
    assert_close(probabilities.transpose(1, 2), oracle["decoded"][:, 4:], 1e-4)


def check_loss(name: str, oracle: Arrays) -> None:
    """The three terms and the total within 1e-4, relative; gradients within 1e-4 of their largest."""
    levels = [torch.tensor(oracle[f"level{i}"], requires_grad=True) for i in range(3)]
    loss = detection_loss(levels, pad_targets(targets_of(oracle)), torch.arange(16.0)).divided()
    loss["total"].backward()
    terms = torch.stack([loss["box"], loss["class"], loss["distribution"]]).detach().numpy()
    np.testing.assert_allclose(terms, oracle["items_box_cls_dfl"], rtol=1e-4)
    np.testing.assert_allclose(loss["total"].item(), oracle["total"], rtol=1e-4)
    for i, level in enumerate(levels):
        assert_close(level.grad, oracle[f"grad{i}"], 1e-4 * np.abs(oracle[f"grad{i}"]).max())


def check_nms(name: str, oracle: Arrays) -> None:
    """The rows kept on each image, in their order, within 1e-4."""
    decoded = torch.tensor(oracle["decoded"]).transpose(1, 2)
    boxes = box_convert(decoded[..., :4], "cxcywh", "xyxy")
    found = suppress(boxes, decoded[..., 4:], 0.001, 0.7, 300)
    for i, detections in enumerate(found):
        rows = torch.cat([detections.boxes, detections.scores[:, None], detections.labels[:, None]], 1)
        assert_close(rows, oracle[f"out{i}"], 1e-4)


def check_map(name: str, oracle: Arrays) -> None:
    """Both means and every class at every threshold within 1e-6."""
    result = average_precision(oracle["predictions"], oracle["targets"])
    np.testing.assert_array_equal(result.classes, oracle["classes_present"])
    np.testing.assert_allclose(result.per_class, oracle["ap_per_class"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(result.map50, oracle["map50"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(result.map50_95, oracle["map50_95"], rtol=0, atol=1e-6)


def targets_of(oracle: Arrays) -> DetectionBatch:
    """The batch of a loss file: its targets in pixels; images, which the loss does not see, are zeros."""
    images, _, height, width = oracle["level0"].shape
    height, width = 8 * height, 8 * width
    centres = torch.tensor(oracle["bboxes"]) * torch.tensor([width, height, width, height])
    boxes = box_convert(centres, "cxcywh", "xyxy")
    return DetectionBatch(
        images=torch.zeros(images, 3, height, width),
        boxes=boxes,
        labels=torch.tensor(oracle["cls"]).flatten().long(),
        image_index=torch.tensor(oracle["batch_idx"]).long(),
        ignore=torch.zeros(len(boxes), dtype=torch.bool),
    )


def assert_close(ours: torch.Tensor, theirs: np.ndarray, tolerance: float) -> None:
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=0, atol=tolerance)
