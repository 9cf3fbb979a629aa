"""Batches move between devices whole."""

import torch

from lga.structures import DetectionBatch
from lga.structures.batch import ImageBatch, ImageOrigin

ORIGIN = ImageOrigin(index=3, name="a.jpg", width=100, height=50, scale=(0.5, 0.4), shift=(10, 5))


def empty_batch(images):
    return DetectionBatch(
        images=images,
        boxes=torch.zeros(2, 4),
        labels=torch.zeros(2, dtype=torch.long),
        image_index=torch.zeros(2, dtype=torch.long),
        ignore=torch.zeros(2, dtype=torch.bool),
        origins=(ORIGIN,),
    )


def test_every_tensor_moves():
    batch = empty_batch(torch.zeros(1, 3, 8, 8))
    moved = batch.to("meta")
    tensors = [value for value in vars(moved).values() if isinstance(value, torch.Tensor)]
    assert [tensor.device.type for tensor in tensors] == ["meta"] * 5
    assert moved.origins == (ORIGIN,)
    assert batch.images.device.type == "cpu"
    labelled = ImageBatch(torch.zeros(1, 3, 8, 8), torch.zeros(1, dtype=torch.long)).to("meta")
    assert labelled.images.device.type == labelled.labels.device.type == "meta"


def test_uint8_images_become_floats_in_the_unit_range():
    batch = empty_batch(torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 3, 1, 1))
    made = batch.with_unit_images()
    assert made.images.flatten().tolist() == [0, torch.tensor(51 / 255).item(), 1]
    assert made.with_unit_images() is made


def test_the_way_back_to_the_original():
    """(x - 10) / 0.5 and (y - 5) / 0.4, clipped to 100 x 50."""
    boxes = torch.tensor([[20.0, 9.0, 35.0, 17.0], [0.0, 0.0, 80.0, 30.0]])
    torch.testing.assert_close(
        ORIGIN.to_original(boxes), torch.tensor([[20.0, 10.0, 50.0, 30.0], [0.0, 0.0, 100.0, 50.0]])
    )
