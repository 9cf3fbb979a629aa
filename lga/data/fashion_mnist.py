"""Fashion-MNIST: 70,000 grey images of articles of clothing, 28 x 28 pixels, 10 classes.

Source: Xiao, Rasul and Vollgraf (2017), https://arxiv.org/abs/1708.07747; MIT licence.
Files and splits: see `lga.data.mnist_format`. The validation rule holds out 5,000 images and leaves 55,000.
"""

from lga.data.mnist_format import MNISTFormatReader


class FashionMNISTReader(MNISTFormatReader):
    """Reads Fashion-MNIST from ``<data_dir>/FashionMNIST/raw``; settings as of `MNISTFormatReader`."""

    data_set = "Fashion-MNIST"
    folder = "FashionMNIST"
    class_names = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    default_mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    )
