"""VisDrone trees to inspect: one that is as it should be, and one with a fault of every kind.

Counts of a part of `tests.data.trees.visdrone` with six images, by hand: image 0 has a car and twice the same
pedestrian (and a region, two boxes that are not evaluated, one of no height), image 1 nothing, images 2 to 5
a bicycle, car, van and truck, and a car each: 11 objects, of which 2 pedestrians, 1 bicycle, 6 cars, 1 van
and 1 truck; 14 boxes with the three ignored ones.
"""

import shutil
from types import MappingProxyType

from lga.data.published.split_plan import PublishedCounts
from lga.data.published.visdrone import VisDroneReader
from tests.data.trees.pictures import write_picture
from tests.data.trees.visdrone import write_tree

COUNTS = PublishedCounts(6, 11, "objects", (2, 0, 1, 6, 1, 1, 0, 0, 0, 0), "by hand")


class SmallVisDrone(VisDroneReader):
    """VisDrone, if it had been published with six images a part."""

    published = MappingProxyType(dict.fromkeys(("train", "val", "test-dev"), COUNTS))


def annotation(root, part, number):
    return root / f"VisDrone2019-DET-{part}" / "annotations" / f"{stem(part, number)}.txt"


def image(root, part, number):
    return root / f"VisDrone2019-DET-{part}" / "images" / f"{stem(part, number)}.jpg"


def stem(part, number):
    return f"{('train', 'val', 'test-dev').index(part):07d}_{number:05d}_d_{number:07d}"


def write_faulty_tree(data_dir):
    """Write a tree with a fault of every kind that the format can have and return the set's folder."""
    root = write_tree(data_dir)
    annotation(root, "train", 2).write_text("1,2,3\n8,10,20,16,1,3,0,0\n")
    annotation(root, "train", 3).write_text("8,10,20,16,1,12,0,0\n")
    annotation(root, "train", 4).write_text("8,10,-20,16,1,3,0,0\n")
    annotation(root, "train", 5).write_text("96,10,20,16,1,3,0,0\n")
    image(root, "val", 2).unlink()
    image(root, "val", 3).write_bytes(b"no image")
    annotation(root, "val", 5).write_bytes(b"\xff\xfe1")
    write_picture(root / "VisDrone2019-DET-val/images/unnamed.jpg", 96, 64)
    # The same content under a second name in training, and under a third one in the test part.
    for part in ("train", "test-dev"):
        shutil.copy(image(root, "train", 5), image(root, part, 9))
        annotation(root, part, 9).write_text("")
    # A file of training has the name of one of the test part, and other pixels.
    again = image(root, "train", 0).with_name(image(root, "test-dev", 4).name)
    write_picture(again, 96, 64, 200)
    annotation(root, "train", 0).with_name(f"{stem('test-dev', 4)}.txt").write_text("")
    return root
