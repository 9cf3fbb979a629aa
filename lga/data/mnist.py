"""MNIST: 70,000 grey images of handwritten digits, 28 x 28 pixels, 10 classes.

Source: LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/; licence usually given as CC BY-SA 3.0.
Files and splits: see `lga.data.mnist_format`. The validation rule holds out 4,994 images and leaves 55,006.
"""

from lga.data.mnist_format import MNISTFormatReader


class MNISTReader(MNISTFormatReader):
    """Reads MNIST from ``<data_dir>/MNIST/raw``; settings as of `MNISTFormatReader`."""

    data_set = "MNIST"
    folder = "MNIST"
    class_names = tuple(str(digit) for digit in range(10))
    default_mirrors = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    )
