"""Small detection sets from plain lists and arrays."""

import numpy as np

from lga.data.detection.image_stores import FileImages
from lga.data.detection.splits import DetectionSource, DetectionSplits, Targets
from lga.structures.annotations import Annotations, Ignored


def targets_of(boxes=(), labels=None, ignore=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    labels = np.zeros(len(boxes)) if labels is None else labels
    ignore = np.zeros(len(boxes)) if ignore is None else ignore
    return Targets(boxes, np.array(labels, np.int64), np.array(ignore, bool))


class ListImages:
    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def load(self, index):
        return self.images[index]


def flat(width, height, *colour):
    return np.broadcast_to(np.array(colour, np.uint8), (height, width, 3)).copy()


def source_of(images, targets, split="made val"):
    sizes = np.array([(image.shape[1], image.shape[0]) for image in images], int).reshape(-1, 2)
    return DetectionSource(ListImages(images), annotations_of(sizes, targets), split)


def annotations_of(sizes, targets):
    """The table of images of these sizes, with the targets of each; what is ignored is marked."""
    boxes = Targets.join([targets_of(), *targets])
    return Annotations.of_arrays(
        names=np.array([f"image-{i}" for i in range(len(sizes))], dtype=np.str_),
        sizes=sizes,
        image=np.repeat(np.arange(len(sizes)), [len(found.labels) for found in targets]),
        boxes=boxes.boxes,
        labels=boxes.labels,
        ignored=np.where(boxes.ignore, Ignored.MARKED, Ignored.OBJECT).astype(np.uint8),
    )


def source_of_files(annotations, folder, split="made"):
    return DetectionSource(FileImages(folder, annotations.names, annotations.sizes), annotations, split)


class MadeReader:
    """24 flat images of 32 x 32, image i of grey 10 * i, with one box of class i % 3."""

    def __call__(self):
        images = [flat(32, 32, *[10 * i] * 3) for i in range(24)]
        targets = [targets_of([(4, 4, 20, 24)], [i % 3]) for i in range(24)]
        train, val, test = (
            source_of(images[part], targets[part], f"made {name}")
            for name, part in (("train", slice(16)), ("val", slice(16, 20)), ("test", slice(20, 24)))
        )
        return DetectionSplits(train, val, test, {"made": "00"}, dropped={"train/x": 1})
