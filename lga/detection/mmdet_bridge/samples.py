"""This project's batches as mmdet's samples, and mmdet's predictions as this project's.

Shapes: B images of the batch, H W their height and width, K boxes found.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lga.structures import DetectionBatch, Detections


def bare_samples(images: Tensor) -> list[Any]:
    """Return a sample of each image (B, 3, H, W) that says its size alone: nothing is scaled or padded."""
    from mmdet.structures import DetDataSample

    size = tuple(images.shape[2:])
    sizes = dict.fromkeys(("img_shape", "ori_shape", "pad_shape", "batch_input_shape"), size)
    return [DetDataSample(metainfo={**sizes, "scale_factor": (1.0, 1.0)}) for _ in range(len(images))]


def samples(batch: DetectionBatch) -> list[Any]:
    """Return a sample of each image, with its boxes, and those to be ignored apart.

    Boxes without width or height, whose logarithms mmdet would take, are left out.
    """
    from mmengine.structures import InstanceData

    found = bare_samples(batch.images)
    rows = (batch.boxes[:, 2:] > batch.boxes[:, :2]).all(1).nonzero()[:, 0]
    order = rows[batch.image_index[rows].argsort(stable=True)]
    counts = torch.bincount(batch.image_index[order], minlength=len(found)).tolist()
    values = (batch.boxes.float(), batch.labels, batch.ignore)
    parts = [torch.split(value[order], counts) for value in values]
    for sample, boxes, labels, ignore in zip(found, *parts, strict=True):
        sample.gt_instances = InstanceData(bboxes=boxes[~ignore], labels=labels[~ignore])
        sample.ignored_instances = InstanceData(bboxes=boxes[ignore], labels=labels[ignore])
    return found


def batch_of(found: Sequence[Any], images: Tensor) -> DetectionBatch:
    """Return mmdet's samples as a batch, what they ignore left out; `images` has a row for each."""
    boxes = [sample.gt_instances.bboxes for sample in found]
    labels = [sample.gt_instances.labels for sample in found]
    counts = torch.tensor([len(part) for part in boxes], device=images.device)
    rows = torch.arange(len(found), device=images.device).repeat_interleave(counts)
    ignore = torch.zeros_like(rows, dtype=torch.bool)
    return DetectionBatch(images, torch.cat(boxes), torch.cat(labels), rows, ignore)


def detections(predicted: Sequence[Any]) -> list[Detections]:
    """Return what mmdet's samples say was found, boxes (K, 4) xyxy in pixels, highest score first."""
    return [_detections(sample.pred_instances) for sample in predicted]


def _detections(instances: Any) -> Detections:
    scores, order = instances.scores.float().sort(descending=True, stable=True)
    return Detections(instances.bboxes.float()[order], scores, instances.labels[order])


def predictions(found: Sequence[Detections], scaled: Sequence[Any] | None) -> list[Any]:
    """Return detections as mmdet's instances, divided by the scales of `scaled`, its samples, if given."""
    from mmengine.structures import InstanceData

    instances = [InstanceData(bboxes=one.boxes, scores=one.scores, labels=one.labels) for one in found]
    for one, sample in zip(instances, scaled or (), strict=False):
        width, height = sample.metainfo["scale_factor"]
        one.bboxes = one.bboxes / one.bboxes.new_tensor([width, height, width, height])
    return instances
