"""Batches from plain lists."""

import torch

from lga.structures import DetectionBatch


def batch_of(images, boxes=(), labels=(), image_index=()):
    return DetectionBatch(
        images=images,
        boxes=torch.tensor(boxes, dtype=torch.float32).view(-1, 4),
        labels=torch.tensor(labels, dtype=torch.long),
        image_index=torch.tensor(image_index, dtype=torch.long),
        ignore=torch.zeros(len(labels), dtype=torch.bool),
    )
