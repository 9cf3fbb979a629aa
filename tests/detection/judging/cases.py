"""Judged splits from plain lists, and a made-up large one."""

from dataclasses import replace

import numpy as np

from lga.detection.judging import Collected, whole_images
from lga.structures.annotations import Annotations, Ignored

BOX = (0.0, 0.0, 10.0, 10.0)
FAR = (50.0, 50.0, 60.0, 60.0)


def collected(detections=(), objects=(), ignore=None):
    """`detections` rows of image, box, score, label; `objects` of image, box, label."""
    found = [[image, *box, score, label] for image, box, score, label in detections]
    there = [[image, *box, label] for image, box, label in objects]
    flags = [False] * len(there) if ignore is None else ignore
    return Collected(
        np.array(found, dtype=float).reshape(-1, 7),
        np.array(there, dtype=float).reshape(-1, 6),
        np.array(flags, dtype=bool),
        np.unique([row[0] for row in (*found, *there)]).astype(np.int64),
    )


def whole(split, areas=None):
    """The same split as whole images; `areas` of the objects where they are not those of their boxes."""
    order = np.argsort(split.objects[:, 0], kind="stable")
    boxes = split.objects[order, 1:5]
    truth = Annotations.of_arrays(
        names=np.array([], np.str_),
        sizes=np.zeros((0, 2), np.int64),
        image=split.objects[order, 0].astype(np.int64),
        boxes=boxes,
        labels=split.objects[order, 5].astype(np.int64),
        ignored=np.where(split.ignore[order], Ignored.CROWD, Ignored.OBJECT).astype(np.uint8),
    )
    if areas is not None:
        truth = replace(truth, areas=np.array(areas, float)[order])
    return whole_images(split, truth, views=None)


def made_split(images, detections, objects, classes, ignored=0.0, seed=0):
    """A split with `objects` on an image and `detections` near them, most of the right class."""
    random = np.random.RandomState(seed)
    found, there = [], []
    for image in range(images):
        corner, size = random.uniform(0, 900, (objects, 2)), random.lognormal(3.2, 0.9, (objects, 2))
        labels = random.randint(0, classes, objects)
        boxes = np.c_[corner, corner + size]
        there.append(np.c_[np.full(objects, image), boxes, labels])
        source = random.randint(0, objects, detections)
        shift = random.normal(0, 0.12, (detections, 4)) * np.tile(size[source], 2)
        near = boxes[source] + shift
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        right = random.uniform(size=detections) < 0.8
        guesses = np.where(right, labels[source], random.randint(0, classes, detections))
        found.append(np.c_[np.full(detections, image), near, random.uniform(size=detections), guesses])
    there = np.concatenate(there)
    ignore = random.uniform(size=len(there)) < ignored
    return Collected(np.concatenate(found), there, ignore, np.arange(images))
