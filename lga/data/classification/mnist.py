"""MNIST and Fashion-MNIST from their four IDX files in torchvision's tree, ``<data_dir>/<folder>/raw/``.

70,000 grey images of 28 x 28 pixels, 10 classes: handwritten digits (LeCun, Cortes and Burges,
http://yann.lecun.com/exdb/mnist/; licence usually given as CC BY-SA 3.0), articles of clothing (Xiao, Rasul
and Vollgraf, 2017, https://arxiv.org/abs/1708.07747; MIT licence).

Splits: the official training files (60,000 images) and test files (10,000). Validation is held out of
training: the images of each class, in file order, are counted from 0, and those with rank % 12 == 11 are held
out, 4,994 of MNIST and 5,000 of Fashion-MNIST. No randomness.

Axes: N images, H rows, W columns.
"""

from __future__ import annotations  # torch is imported where images are read, not to find a file

import hashlib
import shutil
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from lga.data.classification.idx import parse_idx, read_idx
from lga.data.classification.labelled_images import (
    ImageSplits,
    LabelledImages,
    check_selection,
    make_splits,
    rank_within_class,
)
from lga.data.classification.published_files import (
    PUBLISHED,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    PublishedFile,
    fault,
    find_file,
)
from lga.data.download import RemoteFile, download
from lga.system.digests import digest
from lga.system.errors import UserError
from lga.system.files import writable, write_atomically
from lga.system.foreign import opened, read_content

if TYPE_CHECKING:
    from torch import Tensor

PERIOD = 12
HELD_OUT_REMAINDER = 11


class MNISTFormatReader:
    """Reads one data set; a subclass gives its name, folder, classes and mirrors.

    Args:
        data_dir: folder of all data sets.
        selection: what a checkpoint is selected on: ``validation`` (held out of training), or ``test``, the
            habit of the paper's training framework (train is then all 60,000 images).
        download: fetch the files that are missing; without it nothing is ever fetched.
        verify: demand the published files, raw or compressed by anyone. False reads any files of the format.
        mirrors: addresses to fetch from, tried in turn, in place of the set's own.
        content_sha256: what `own_content` gave; files that have changed since are refused.
    """

    data_set: ClassVar[str]
    folder: ClassVar[str]
    class_names: ClassVar[tuple[str, ...]]
    default_mirrors: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        data_dir: str | Path,
        selection: str = "validation",
        download: bool = False,
        verify: bool = True,
        mirrors: Sequence[str] | None = None,
        content_sha256: str | None = None,
    ) -> None:
        check_selection(selection)
        self.raw_dir = Path(data_dir) / self.folder / "raw"
        self.selection = selection
        self.download = download
        self.verify = verify
        self.mirrors = self.default_mirrors if mirrors is None else tuple(mirrors)
        self.content_sha256 = content_sha256

    @property
    def files(self) -> tuple[PublishedFile, ...]:
        """The published files."""
        return PUBLISHED[self.data_set]

    @property
    def checked(self) -> str:
        """What reading holds the files against."""
        return "sha256 of each file's content" if self.verify else "the format alone"

    def __call__(self) -> ImageSplits:
        """Return the splits.

        Raises:
            UserError: a file is missing, is not the published one, is damaged, or cannot be fetched.
        """
        paths = self._find_files()
        contents = {file.name: self._content(file, paths[file.name]) for file in self.files}
        manifest = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        if self.content_sha256 not in (None, digest(manifest)):
            raise UserError(f"{self.raw_dir}: the files have changed; give the command again")
        fitting = self._labelled_images("train", TRAIN_IMAGES, TRAIN_LABELS, contents, paths)
        test = self._labelled_images("test", TEST_IMAGES, TEST_LABELS, contents, paths)
        return make_splits(fitting, held_out_images(fitting.labels), test, self.selection, manifest)

    def take(self, source: Path) -> None:
        """Copy the missing files from ``source``, or from this set's tree in it, once all are checked.

        Raises:
            UserError: a file is not there or not the published one (nothing is copied), or cannot be written.
        """
        found = {}
        for file in self.files:
            if find_file(self.raw_dir, file):
                continue
            path = find_file(source, file) or find_file(source / self.folder / "raw", file)
            if path is None:
                raise UserError(f"{source}: holds no {file.gz_name} or {file.name}; nothing was copied")
            if wrong := fault(read_content(path, file.bytes), file, self.data_set):
                raise UserError(f"{path}: {wrong}; nothing was copied")
            found[self.raw_dir / path.name] = path
        with writable(self.raw_dir, "--data-dir"):
            self.raw_dir.mkdir(parents=True, exist_ok=True)
            for place, path in found.items():
                with opened(path) as stored:
                    write_atomically(place, partial(shutil.copyfileobj, stored))

    def own_content(self) -> str | None:
        """Return a hash of what lies there, or None where that is the published content or cannot be read."""
        paths = {file.name: find_file(self.raw_dir, file) for file in self.files}
        try:
            manifest = {name: _sha256(path, path.stat().st_mtime_ns) for name, path in paths.items() if path}
        except (OSError, UserError):
            return None
        if len(manifest) < len(paths):
            return None
        return None if manifest == {file.name: file.sha256 for file in self.files} else digest(manifest)

    def _find_files(self) -> dict[str, Path]:
        """Return where each file lies, after fetching the missing ones if that was asked for."""
        missing = [file for file in self.files if find_file(self.raw_dir, file) is None]
        if missing and not self.download:
            raise UserError(
                f"{self.data_set}: missing in {self.raw_dir}: {', '.join(file.gz_name for file in missing)}; "
                "put them there (.gz or uncompressed), or set dataset.reader.download=true to fetch them"
            )
        for file in missing:
            urls = tuple(f"{mirror.rstrip('/')}/{file.gz_name}" for mirror in self.mirrors)
            wanted = RemoteFile(file.gz_name, urls, sha256=file.sha256, content_bytes=file.bytes)
            download(wanted, self.raw_dir)
        found = {file.name: find_file(self.raw_dir, file) for file in self.files}
        return {name: path for name, path in found.items() if path is not None}

    def _content(self, file: PublishedFile, path: Path) -> bytes:
        """Return the uncompressed content of a file."""
        if not self.verify:
            return read_idx(path, _dimensions(file.name))
        content = read_content(path, file.bytes)
        if found := fault(content, file, self.data_set):
            name = self.data_set.lower().replace("-", "_")
            raise UserError(
                f"{path}: {found}; delete it and fetch it again (make data-{name}, or "
                "dataset.reader.download=true), or set dataset.reader.verify=false to read your own files of "
                "this format"
            )
        return content

    def _labelled_images(
        self,
        part: str,
        images_name: str,
        labels_name: str,
        contents: dict[str, bytes],
        paths: dict[str, Path],
    ) -> LabelledImages:
        """Parse one pair of files and check that they fit together."""
        images = parse_idx(contents[images_name], _dimensions(images_name), paths[images_name])
        labels = parse_idx(contents[labels_name], _dimensions(labels_name), paths[labels_name]).long()
        if len(images) != len(labels):
            raise UserError(
                f"{paths[labels_name]}: {len(labels)} labels for the {len(images)} images of "
                f"{paths[images_name].name}; put files of one and the same set there"
            )
        if int(labels.max()) >= len(self.class_names):
            raise UserError(
                f"{paths[labels_name]}: label {int(labels.max())} of image {int(labels.argmax())}, but "
                f"{self.data_set} has classes 0 to {len(self.class_names) - 1}; put the right file there"
            )
        return LabelledImages(images, labels, f"{self.data_set} {part}")


def _dimensions(name: str) -> int:
    """Return how many dimensions a file has: 3 for images, 1 for labels."""
    return 3 if "idx3" in name else 1


@cache
def _sha256(path: Path, changed_ns: int) -> str:
    """Return the hash of an IDX file's content; `changed_ns` is when the file was changed."""
    return hashlib.sha256(read_idx(path, _dimensions(path.name))).hexdigest()


def held_out_images(labels: Tensor) -> Tensor:
    """Return which training images are held out for validation, (N,) bool, by the module's rule."""
    return rank_within_class(labels) % PERIOD == HELD_OUT_REMAINDER


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


class FashionMNISTReader(MNISTFormatReader):
    """Reads Fashion-MNIST from ``<data_dir>/FashionMNIST/raw``; settings as of `MNISTFormatReader`."""

    data_set = "Fashion-MNIST"
    folder = "FashionMNIST"
    class_names = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    )  # fmt: skip
    default_mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    )
