"""What became of each judged image, as the file that a run keeps, in the order of the split.

With it two runs can be compared image by image. Shapes: n judged images.
"""

import gzip
import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lga.detection.judging import WholeImages

COMPRESSION = 6  # of gzip; higher levels take several times as long for files hardly smaller


class Outcomes(NamedTuple):
    """A file's name and content, and how many images it covers; `right` (n,) is of classification."""

    name: str
    content: bytes
    images: int
    right: NDArray[np.bool_] | None = None


def classified(rows: NDArray[np.float32]) -> Outcomes:
    """`outcomes.npz`: labels, predicted classes, and the probability of the true one as float16.

    Args:
        rows: (n, 3) of label, predicted class and probability.
    """
    classes = rows[:, :2]
    labels, predicted = classes.T.astype(np.uint8 if classes.max(initial=0) < 256 else np.uint16)
    probability, file = rows[:, 2].astype(np.float16), io.BytesIO()
    np.savez_compressed(file, labels=labels, predicted=predicted, probability=probability)
    return Outcomes("outcomes.npz", file.getvalue(), len(rows), labels == predicted)


def detected(found: WholeImages) -> Outcomes:
    """`detections.json.gz`: what was found on whole images, in COCO's results format.

    An image's id is its place in the split, a category's that in the dataset's class names, both from 1.
    """
    file, before = io.BytesIO(), "["
    with gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0) as packed:
        for image, x, y, right, bottom, score, label in map(np.ndarray.tolist, found.detections):
            names = f'"image_id":{image + 1:.0f},"category_id":{label + 1:.0f}'
            bbox = f'"bbox":[{x:.2f},{y:.2f},{right - x:.2f},{bottom - y:.2f}]'
            packed.write(f'{before}{{{names},{bbox},"score":{score:.6g}}}'.encode())
            before = ",\n"
        packed.write(b"]\n" if before != "[" else b"[]\n")
    return Outcomes("detections.json.gz", file.getvalue(), len(found.images))
