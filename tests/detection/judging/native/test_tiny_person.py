"""TinyPerson's protocol on cases worked by hand, and against COCO's own tool."""

import contextlib
import io
from dataclasses import replace

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from lga.detection.judging.native import TinyPerson
from lga.detection.judging.native.tiny_person import SIZES
from lga.structures.annotations import Ignored
from lga.system.errors import UserError
from tests.detection.judging.native.cases import BOX, FAR, judged, made

BOXES = [
    (0, (0, 0, 6, 6), 0),  # A: area 36, tiny1
    (0, (20, 0, 30, 10), 1),  # B: 100, tiny2
    (0, (100, 100, 140, 140), 0),  # C: 1600, reasonable
    (0, (200, 0, 220, 20), 0, Ignored.MARKED),
    (0, (50, 50, 60, 60), 1, Ignored.UNCERTAIN),
    (1, (0, 0, 6, 6), 0, Ignored.DENSE),
    (1, (20, 20, 26, 26), 0, Ignored.MARKED),
]
DETECTIONS = [
    (1, FAR, 0.95, 0),  # on the image of a crowd
    (0, (0, 0, 6, 6), 0.9, 1),  # A, taken for the other class
    (2, BOX, 0.8, 0),  # on an image without boxes, area 100
    (0, (200, 0, 210, 10), 0.7, 0),  # a quarter of what is marked ignore, wholly inside
    (0, (50, 50, 60, 60), 0.65, 0),  # what is uncertain
    (0, (20, 0, 30, 5), 0.6, 1),  # half of B: overlap 0.5, area 50
    (0, (100, 100, 140, 120), 0.5, 0),  # half of C: overlap 0.5, area 800
]


def test_each_size_by_hand():
    """The crowd's image is left out, 0.7 and 0.65 are neutral throughout. Of 101 points, 34 are up to 1/3.

    all, 3 objects: right, wrong, right, right; precision falls 1, 3/4, 3/4, 3/4 at recall 1/3, 1/3, 2/3, 1:
    (34 + 67 * 3/4) / 101. At 0.75 only A is found: 34 / 101.
    tiny, 2 objects, C is out and excuses the last one: right, wrong, right: (51 + 50 * 2/3) / 101.
    tiny1, 1 object: right first: 1.
    tiny2, 1 object (B): A is out and excuses its detection; wrong, right: 1/2. At 0.75 nothing is right: 0.
    reasonable, 1 object (C): 0.8 has an area of 100, out of size, so neutral; right: 1. At 0.75: 0.
    tiny3 and small have no object that counts, and no value.
    """
    metrics = TinyPerson()(judged(DETECTIONS, BOXES)).metrics
    at_50 = {
        "tiny1": 1,
        "tiny2": 1 / 2,
        "tiny": (51 + 50 * 2 / 3) / 101,
        "reasonable": 1,
        "all": (34 + 67 * 3 / 4) / 101,
    }
    at_75 = {"tiny1": 1, "tiny2": 0, "tiny": 51 / 101, "reasonable": 0, "all": 34 / 101}
    expected = {f"native/ap{iou}_{size}": 100 * value for iou in (25, 50) for size, value in at_50.items()}
    expected |= {f"native/ap75_{size}": 100 * value for size, value in at_75.items()}
    assert metrics == pytest.approx(expected)


def test_there_is_nothing_per_class():
    assert TinyPerson()(judged(DETECTIONS, BOXES)).per_class == {}


def test_both_limits_of_a_size_are_in_it():
    """An area of just 8^2 is tiny1 and tiny2, of 20^2 tiny3, tiny and small."""
    split = judged([(0, FAR, 0.5, 0)], [(0, (0, 0, 8, 8), 0), (0, (50, 50, 70, 70), 0)])
    sizes = {name.removeprefix("native/ap50_") for name in TinyPerson()(split).metrics if "ap50" in name}
    assert sizes == {"tiny1", "tiny2", "tiny3", "tiny", "small", "all"}


def test_the_annotated_area_decides_the_size():
    split = judged([(0, BOX, 0.5, 0)], [(0, BOX, 0)])
    truth = replace(split.truth, areas=np.array([50.0]))
    sizes = {name for name in TinyPerson()(replace(split, truth=truth)).metrics if "ap50" in name}
    assert sizes == {"native/ap50_tiny1", "native/ap50_tiny", "native/ap50_all"}


def test_the_best_200_of_an_image():
    """After 199 wrong ones the right one is the 200th, at a precision of 1/200; one more, and it is out."""
    for wrong, expected in ((199, 100 / 200), (200, 0)):
        detections = [(0, FAR, 0.9 - i / 1000, i % 2) for i in range(wrong)] + [(0, BOX, 0.1, 0)]
        assert TinyPerson()(judged(detections, [(0, BOX, 0)])).metrics["native/ap50_tiny"] == pytest.approx(
            expected
        )


def test_equal_scores_stand_in_the_order_given():
    right, wrong = (0, BOX, 0.5, 0), (0, FAR, 0.5, 0)
    values = [
        TinyPerson()(judged(detections, [(0, BOX, 0)])).metrics["native/ap50_tiny"]
        for detections in ([right, wrong], [wrong, right])
    ]
    assert values == pytest.approx([100, 50])


def test_a_number_of_detections_below_1_is_refused():
    with pytest.raises(UserError, match="max_detections"):
        TinyPerson(max_detections=0)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_coco_with_everything_ignored_as_a_crowd(size):
    """pycocotools, one class, at its own 101 points and our limits; what is out of size made a crowd."""
    split = made(classes=2, ignored=Ignored.UNCERTAIN)
    areas = split.truth.areas * np.random.RandomState(1).uniform(0.6, 1, len(split.truth.areas))
    split = replace(split, truth=replace(split.truth, areas=areas))
    metrics = TinyPerson(max_detections=50)(split).metrics
    ours = [metrics[f"native/ap{iou}_{size}"] for iou in (25, 50, 75)]
    assert ours == pytest.approx(_with_pycocotools(split, SIZES[size], 50), abs=1e-9)
    assert 1 < ours[1] < 99


def _with_pycocotools(split, limits, max_detections):
    truth = split.truth
    crowd = ~truth.counts | (truth.areas < limits[0]) | (truth.areas > limits[1])
    there = [
        _annotation(number, image, box) | {"area": area, "iscrowd": int(ignore)}
        for number, (image, box, area, ignore) in enumerate(
            zip(truth.image, truth.boxes, truth.areas, crowd, strict=True), 1
        )
    ]
    found = [
        _annotation(number, row[0], row[1:5]) | {"score": row[5]}
        for number, row in enumerate(split.detections, 1)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": int(image)} for image in split.images],
            "categories": [{"id": 1}],
            "annotations": there,
        }
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluation.params.iouThrs = np.array([0.25, 0.5, 0.75])
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [list(limits)], ["size"]
        evaluation.params.maxDets = [max_detections]
        evaluation.evaluate()
        evaluation.accumulate()
    return 100 * evaluation.eval["precision"][:, :, 0, 0, 0].mean(1)


def _annotation(number, image, box):
    x, y, right, bottom = map(float, box)
    return {"id": number, "image_id": int(image), "category_id": 1, "bbox": [x, y, right - x, bottom - y]}
