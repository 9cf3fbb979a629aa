"""MNIST: 70,000 grey images of handwritten digits, 28 x 28 pixels, 10 classes.

Source: LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/; licence usually given as CC BY-SA 3.0.
Files and splits: see `lga.data.mnist_format`. The validation rule holds out 4,994 images and leaves 55,006.
"""

from typing import ClassVar

from lga.data.mnist_format import MNISTFormatReader


class MNISTReader(MNISTFormatReader):
    """Reads MNIST from ``<data_dir>/MNIST/raw``; settings as of `MNISTFormatReader`."""

    data_set = "MNIST"
    folder = "MNIST"
    class_names = tuple(str(digit) for digit in range(10))
    class_counts: ClassVar[dict[str, tuple[int, ...]]] = {
        "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    }
    default_mirrors = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    )
