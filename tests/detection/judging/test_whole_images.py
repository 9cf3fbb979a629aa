"""From views to whole images: detections moved and merged, objects of judged images alone."""

import numpy as np

from lga.detection.judging import whole_images
from lga.structures.annotations import Annotations, Views
from tests.detection.judging.cases import collected


def truth_of(images, boxes):
    count = len(images)
    return Annotations.of_arrays(
        names=np.array(list("abcd")),
        sizes=np.full((4, 2), 100),
        image=np.array(images),
        boxes=np.array(boxes, float).reshape(-1, 4),
        labels=np.zeros(count, np.int64),
        ignored=np.zeros(count, np.uint8),
    )


TRUTH = truth_of([0, 2, 2, 3], [[0, 0, 9, 9], [50, 0, 70, 20], [1, 1, 2, 2], [3, 3, 4, 4]])
# Image 0 is view 0; image 2 is views 1 and 2, the second 40 pixels to the right; image 3 is view 3.
VIEWS = Views(np.array([0, 2, 2, 3]), np.array([[0, 0], [0, 0], [40, 0], [0, 5]], float), merge_iou=0.5)


def test_detections_of_tiles_are_moved_and_merged():
    """The object at 50..70 is found on both tiles; of the two the better one, on the second, stays."""
    split = collected(
        [
            (2, (10, 0, 30, 20), 0.9, 0),
            (1, (50, 0, 69, 20), 0.8, 0),
            (1, (50, 0, 69, 20), 0.7, 1),
            (3, (0, 0, 5, 5), 0.6, 0),
        ]
    )
    found = whole_images(split._replace(images=np.array([1, 2, 3])), TRUTH, VIEWS)
    assert found.images.tolist() == [2, 3]
    assert found.detections.tolist() == [
        [2, 50, 0, 70, 20, 0.9, 0],
        [2, 50, 0, 69, 20, 0.7, 1],
        [3, 0, 5, 5, 10, 0.6, 0],
    ]
    assert found.truth.image.tolist() == [2, 2, 3]


def test_nothing_found_on_tiles():
    split = collected()._replace(images=np.array([0]))
    found = whole_images(split, TRUTH, VIEWS)
    assert found.images.tolist() == [0]
    assert found.detections.shape == (0, 7)
    assert found.truth.boxes.tolist() == [[0, 0, 9, 9]]


def test_whole_images_stay_as_they_are():
    split = collected([(3, (0, 0, 5, 5), 0.6, 0), (0, (0, 0, 5, 5), 0.5, 0), (0, (0, 0, 5, 6), 0.7, 0)])
    found = whole_images(split, TRUTH, None)
    assert found.detections[:, [0, 5]].tolist() == [[0, 0.7], [0, 0.5], [3, 0.6]]
    assert found.truth.image.tolist() == [0, 3]
