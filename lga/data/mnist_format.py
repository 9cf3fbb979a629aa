"""Reader of the four IDX files of MNIST or Fashion-MNIST in torchvision's tree, ``<data_dir>/<folder>/raw/``.

Splits: the official training files (60,000 images) and test files (10,000). Validation is held out of
training: the images of each class, in file order, are counted from 0, and those with rank % 12 == 11 are held
out. No randomness.

Axes: N images, H rows, W columns.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from lga.data.idx import decompress, parse_idx, read_file
from lga.data.labelled_images import (
    ImageSplits,
    LabelledImages,
    check_selection,
    make_splits,
    rank_within_class,
)
from lga.data.preparation.download import download
from lga.data.preparation.remote_file import RemoteFile
from lga.data.published_files import (
    PUBLISHED,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    PublishedFile,
    check_stored,
    find_file,
)
from lga.structures import UserError

PERIOD = 12
HELD_OUT_REMAINDER = 11


class MNISTFormatReader:
    """Reads one data set; a subclass gives its name, folder, classes, class counts and mirrors.

    Args:
        data_dir: folder of all data sets.
        selection: what a checkpoint is selected on: ``validation`` (held out of training), or ``test``, the
            habit of the paper's training framework (train is then all 60,000 images).
        download: fetch the files that are missing; without it nothing is ever fetched.
        verify: demand the published files (checksum, size, images of each class). False reads any files of
            the format.
        mirrors: addresses to fetch from, tried in turn, in place of the set's own.
    """

    data_set: ClassVar[str]
    folder: ClassVar[str]
    class_names: ClassVar[tuple[str, ...]]
    class_counts: ClassVar[dict[str, tuple[int, ...]]]
    default_mirrors: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        data_dir: str | Path,
        selection: str = "validation",
        download: bool = False,
        verify: bool = True,
        mirrors: Sequence[str] | None = None,
    ) -> None:
        check_selection(selection)
        self.raw_dir = Path(data_dir) / self.folder / "raw"
        self.selection = selection
        self.download = download
        self.verify = verify
        self.mirrors = self.default_mirrors if mirrors is None else tuple(mirrors)

    def __call__(self) -> ImageSplits:
        """Return the splits.

        Raises:
            UserError: a file is missing, is not the published one, is damaged, or cannot be fetched.
        """
        paths = self._find_files()
        contents = {file.name: self._content(file, paths[file.name]) for file in PUBLISHED[self.data_set]}
        manifest = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        fitting = self._labelled_images("train", TRAIN_IMAGES, TRAIN_LABELS, contents, paths)
        test = self._labelled_images("test", TEST_IMAGES, TEST_LABELS, contents, paths)
        return make_splits(fitting, held_out_images(fitting.labels), test, self.selection, manifest)

    def _find_files(self) -> dict[str, Path]:
        """Return where each file lies, after fetching the missing ones if that was asked for."""
        missing = [file for file in PUBLISHED[self.data_set] if find_file(self.raw_dir, file) is None]
        if missing and not self.download:
            raise UserError(
                f"{self.data_set}: missing in {self.raw_dir}: {', '.join(file.gz_name for file in missing)}; "
                "put them there (.gz or uncompressed), or set dataset.reader.download=true to fetch them"
            )
        for file in missing:
            urls = tuple(f"{mirror.rstrip('/')}/{file.gz_name}" for mirror in self.mirrors)
            download(RemoteFile(file.gz_name, urls, sha256=file.sha256), self.raw_dir)
        found = {file.name: find_file(self.raw_dir, file) for file in PUBLISHED[self.data_set]}
        return {name: path for name, path in found.items() if path is not None}

    def _content(self, file: PublishedFile, path: Path) -> bytes:
        """Return the uncompressed bytes of a file."""
        stored = read_file(path)
        if self.verify:
            check_stored(stored, path, file, self.data_set)
        return decompress(stored, path)

    def _labelled_images(
        self,
        part: str,
        images_name: str,
        labels_name: str,
        contents: dict[str, bytes],
        paths: dict[str, Path],
    ) -> LabelledImages:
        """Parse one pair of files and check that they fit together."""
        images = parse_idx(contents[images_name], 3, paths[images_name])
        labels = parse_idx(contents[labels_name], 1, paths[labels_name]).to(torch.int64)
        if len(images) != len(labels):
            raise UserError(
                f"{paths[labels_name]}: {len(labels)} labels for the {len(images)} images of "
                f"{paths[images_name].name}; put files of one and the same set there"
            )
        self._check_labels(labels, part, paths[labels_name])
        return LabelledImages(images, labels, f"{self.data_set} {part}")

    def _check_labels(self, labels: Tensor, part: str, path: Path) -> None:
        """Check the range of the labels and, for the published files, the images of each class."""
        if int(labels.max()) >= len(self.class_names):
            raise UserError(
                f"{path}: label {int(labels.max())} of image {int(labels.argmax())}, but {self.data_set} has "
                f"classes 0 to {len(self.class_names) - 1}; put the right file there"
            )
        counts = tuple(torch.bincount(labels, minlength=len(self.class_names)).tolist())
        if self.verify and counts != self.class_counts[part]:
            raise UserError(
                f"{path}: images of each class {counts}, but {self.data_set} has {self.class_counts[part]}; "
                "put the right file there, or set dataset.reader.verify=false if the file is your own"
            )


def held_out_images(labels: Tensor) -> Tensor:
    """Return which training images are held out for validation, (N,) bool, by the module's rule."""
    return rank_within_class(labels) % PERIOD == HELD_OUT_REMAINDER
