"""Folders of labelled images, as torchvision and ImageNet have them: ``train/<class>/<image>``, any sizes.

Beside ``train`` may lie ``val`` (or ``valid``, ``validation``) and ``test``, with the same classes. Without
``train``, the class folders lie in the folder itself. Where nothing validates, every twelfth training image
of each class is held out. Images are read when they are needed; they are not checked before.
"""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lga.data.classification.labelled_images import ImageSplits, LabelledImages
from lga.data.detection.image_stores import FileImages
from lga.data.detection.index_cache import listing, listing_hash
from lga.data.own.folds import folded
from lga.data.own.own_set import NO_TEST, absolute, check_content, checked_names, set_name
from lga.data.published.split_plan import held_out
from lga.data.published.toolchain_tree import IMAGE_SUFFIXES
from lga.system.errors import UserError
from lga.system.foreign import visible

FOLDERS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
NO_CLASS = "images in no folder of a class"
log = logging.getLogger("lga")


class ImageFolderReader:
    """Reads such folders.

    Args:
        path: of the folder.
        name: of the set; None for that of the folder.
        content_sha256: what `own_content` gave; files that have changed since are refused.
    """

    checked = "names of classes, and each image's header"

    def __init__(self, path: str | None, name: str | None = None, content_sha256: str | None = None) -> None:
        if not path:
            raise UserError("set dataset.path=<folder with a folder of images for each class>")
        self.root, self.content_sha256 = absolute(path), content_sha256
        if not self.root.is_dir():
            raise UserError(f"{self.root}: no such folder; put a folder of images for each class into it")
        self.name = name or set_name(self.root)
        there = dict[str, Path]()
        for folder, part in FOLDERS.items():
            if (path_of := self.root / folder).is_dir() and there.setdefault(part, path_of) != path_of:
                raise UserError(f"{path_of}: stands for {part}, as {there[part]} does; remove one of them")
        self.folders = there if "train" in there else {"train": self.root}
        self.depth = len(self.folders["train"].relative_to(self.root).parts)  # of the folders of classes
        classes = [each.name for each in visible(self.folders["train"], "*") if each.is_dir()]
        self.class_names = checked_names(classes, f"{self.folders['train']}: folders, one for each class")
        if len(classes) == 1:
            raise UserError(
                f"{self.folders['train'] / classes[0]}: the only class; add a folder of another one"
            )
        self.dropped = dict[str, int]()
        self.parts = {part: self._read(part) for part in self.folders}

    def manifest(self) -> dict[str, str]:
        """Return a hash over names and byte sizes of each part's images."""
        return {
            f"{part} images, names and byte sizes": listing_hash(read) for part, read in self.parts.items()
        }

    @property
    def counts(self) -> dict[str, int]:
        """Images of each split."""
        found = {part: len(names) for part, names in self._split_names().items()}
        return {"test": found["val"], **found}

    def own_content(self) -> str:
        """Return one hash of all names and byte sizes."""
        return listing_hash(self.manifest())

    def __call__(self) -> ImageSplits:
        """Return the splits; a UserError where the files have changed, or nothing is left to select on."""
        check_content(self.own_content(), self.content_sha256, self.root)
        splits = {part: self._images(names, part) for part, names in self._split_names().items()}
        if not len(splits["val"]):
            raise UserError(f"{self.root}: one image of each class is too few to hold some out; add val/")
        train, val, test = splits["train"], splits["val"], splits.get("test")
        if test is not None:
            return ImageSplits(train, val, test, self.manifest(), dropped=self.dropped)
        log.warning("%s: %s, which selects the checkpoint too", self.name, NO_TEST)
        return ImageSplits(train, val, val, self.manifest(), "test", {NO_TEST: 1, **self.dropped})

    def fold(self, number: int, folds: int) -> ImageSplits:
        """Return all images divided anew, see `folded`; a UserError as above, or where they are too few."""
        check_content(self.own_content(), self.content_sha256, self.root)
        names = np.array([name for read in self.parts.values() for name in read])
        classes = [f"class {name}" for name in self.class_names]
        parts, said = folded(self._labels(names), classes, number, folds)
        train, val, test = (self._images(names[chosen], "all") for chosen in parts)
        return ImageSplits(train, val, test, self.manifest(), dropped={**self.dropped, **said})

    def _read(self, part: str) -> dict[str, int]:
        """Return byte sizes of the images in folders of classes, by path below the root."""
        folder = self.folders[part]
        images = {
            name: size
            for name, size in listing(self.root, folder).items()
            if name.lower().endswith(IMAGE_SUFFIXES)
        }
        read = {name: size for name, size in images.items() if name.count("/") > self.depth}
        if outside := len(images) - len(read):
            self.dropped[NO_CLASS] = self.dropped.get(NO_CLASS, 0) + outside
        found = {self._class(name) for name in read}
        if unknown := sorted(found.difference(self.class_names)):
            raise UserError(f"{folder / unknown[0]}: a class without training images; add some, or remove it")
        empty = sorted(set(self.class_names) - found) if part == "train" or not read else []
        if empty:
            raise UserError(f"{folder / empty[0]}: no image there; put images there, or remove it")
        return read

    def _class(self, name: str) -> str:
        return name.split("/")[self.depth]

    def _labels(self, names: NDArray[np.str_]) -> NDArray[np.int64]:
        labels = {name: label for label, name in enumerate(self.class_names)}
        return np.array([labels[self._class(name)] for name in names.tolist()], np.int64)

    def _images(self, names: NDArray[np.str_], part: str) -> LabelledImages:
        import torch

        store = FileImages(self.root, names, np.zeros((len(names), 2), np.int64))
        return LabelledImages(store, torch.from_numpy(self._labels(names)), f"{self.name} {part}")

    def _split_names(self) -> dict[str, NDArray[np.str_]]:
        """Return the images of each split; without val, some of each class of more than one are held out."""
        names = {part: np.array(list(read)) for part, read in self.parts.items()}
        if "val" not in names:
            train = names["train"]
            labels, chosen = self._labels(train), np.zeros(len(train), bool)
            for label in range(len(self.class_names)):
                rows = np.flatnonzero(labels == label)
                chosen[rows] = held_out(train[rows].tolist()) if len(rows) > 1 else False
            names |= {"train": train[~chosen], "val": train[chosen]}
        return names
