"""Batches move between devices whole."""

import torch

from lga.structures import DetectionBatch


def test_every_field_moves():
    batch = DetectionBatch(
        images=torch.zeros(1, 3, 8, 8),
        boxes=torch.zeros(2, 4),
        labels=torch.zeros(2, dtype=torch.long),
        image_index=torch.zeros(2, dtype=torch.long),
        ignore=torch.zeros(2, dtype=torch.bool),
    )
    moved = batch.to("meta")
    assert {value.device.type for value in vars(moved).values()} == {"meta"}
    assert batch.images.device.type == "cpu"
