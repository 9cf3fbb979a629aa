"""Whole images from plain lists, and made-up ones."""

import numpy as np

from lga.detection.judging.collector import WholeImages
from lga.structures.annotations import Annotations, Ignored

BOX = (0.0, 0.0, 10.0, 10.0)
FAR = (500.0, 500.0, 510.0, 510.0)


def judged(detections=(), boxes=(), images=None):
    """`detections` rows of image, box, score, label; `boxes` of image, box, label, perhaps `Ignored`."""
    found = [[image, *box, score, label] for image, box, score, label in detections]
    there = [(*row, Ignored.OBJECT)[:4] for row in sorted(boxes, key=lambda row: row[0])]
    if images is None:
        images = sorted({row[0] for row in (*found, *there)})
    found = np.array(found, float).reshape(-1, 7)
    boxes = np.array([row[1] for row in there], float).reshape(-1, 4)
    truth = Annotations.of_arrays(
        names=np.array([f"{image}.jpg" for image in range(max(images, default=0) + 1)]),
        sizes=np.full((max(images, default=0) + 1, 2), 1000),
        image=np.array([row[0] for row in there], np.int64),
        boxes=boxes,
        labels=np.array([row[2] for row in there], np.int64),
        ignored=np.array([row[3] for row in there], np.uint8),
    )
    order = np.lexsort((-found[:, 5], found[:, 0]))
    return WholeImages(np.array(images, np.int64), found[order], truth)


def made(images=12, detections=60, boxes=25, classes=3, ignored=Ignored.OBJECT, seed=0, size=2.6):
    """Detections near `boxes` an image, most of the right class; a quarter of the boxes is `ignored`.

    The last image has no boxes. `size` is the logarithm of the sides' median.
    """
    random = np.random.RandomState(seed)
    found, there = [], []
    for image in range(images):
        corners, sides = random.uniform(0, 150, (boxes, 2)), random.lognormal(size, 0.6, (boxes, 2))
        places = np.c_[corners, corners + sides]
        labels = random.randint(0, classes, boxes)
        if image < images - 1:
            reasons = np.where(random.uniform(size=boxes) < 0.25, ignored, Ignored.OBJECT)
            there += [(image, *row) for row in zip(places, labels, reasons, strict=True)]
        source = random.randint(0, boxes, detections)
        near = places[source] + random.normal(0, 0.12, (detections, 4)) * np.tile(sides[source], 2)
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        right = random.uniform(size=detections) < 0.8
        guesses = np.where(right, labels[source], random.randint(0, classes, detections))
        found += [(image, *row) for row in zip(near, random.uniform(size=detections), guesses, strict=True)]
    return judged(found, there)


def found_perfectly(split):
    """The same images, with each object that counts found as it is."""
    truth = split.truth
    rows = np.c_[truth.image, truth.boxes, np.full(len(truth.image), 0.9), truth.labels][truth.counts]
    return WholeImages(split.images, rows, truth)
