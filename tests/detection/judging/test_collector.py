"""Detections and objects on their way from a batch to the protocols."""

import torch

from lga.detection.judging import Collector, in_original_pixels
from lga.structures import DetectionBatch, Detections
from lga.structures.batch import ImageOrigin


def batch():
    """Two originals: 200 x 100, halved and moved down by 25; 50 x 50, doubled. Boxes in batch order 1, 0."""
    return DetectionBatch(
        images=torch.zeros(2, 3, 100, 100),
        boxes=torch.tensor([[20.0, 20.0, 40.0, 40.0], [10.0, 35.0, 30.0, 45.0]]),
        labels=torch.tensor([2, -1]),
        image_index=torch.tensor([1, 0]),
        ignore=torch.tensor([False, True]),
        origins=(
            ImageOrigin(7, "wide", 200, 100, (0.5, 0.5), (0.0, 25.0)),
            ImageOrigin(3, "small", 50, 50, (2.0, 2.0), (0.0, 0.0)),
        ),
    )


def found(boxes, scores, labels):
    return Detections(torch.tensor(boxes).view(-1, 4), torch.tensor(scores), torch.tensor(labels).long())


def test_boxes_return_to_their_own_image_and_are_clipped_to_it():
    detections = [found([[-4.0, 20.0, 50.0, 80.0]], [0.5], [1]), found([], [], [])]
    wide, small = in_original_pixels(batch(), detections)
    assert wide.detections.boxes.tolist() == [[0, 0, 100, 100]]
    assert wide.boxes.tolist() == [[20, 20, 60, 40]]
    assert (wide.labels.tolist(), wide.ignore.tolist()) == ([-1], [True])
    assert small.boxes.tolist() == [[10, 10, 20, 20]]
    assert small.detections.boxes.shape == (0, 4)


def test_rows_carry_the_images_number_in_its_split():
    collector = Collector()
    detections = [found([[0.0, 25.0, 50.0, 75.0]], [0.5], [1]), found([], [], [])]
    collector.update(in_original_pixels(batch(), detections))
    collected = collector.compute()
    assert collected.detections.tolist() == [[7, 0, 0, 100, 100, 0.5, 1]]
    assert collected.objects.tolist() == [[7, 20, 20, 60, 40, -1], [3, 10, 10, 20, 20, 2]]
    assert collected.ignore.tolist() == [True, False]
    assert collected.judged_objects[:, 0].tolist() == [3]
    assert collected.images.tolist() == [3, 7]
    collector.reset()
    collector.update(in_original_pixels(batch(), [found([], [], [])] * 2))
    assert len(collector.compute().detections) == 0
