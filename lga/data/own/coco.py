"""COCO's JSON files of one's own, one for each part, and the folder of their images."""

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Raw

from lga.data.detection.faults import Faults
from lga.data.own.own_set import OwnSet, absolute, checked_names
from lga.data.published.formats.coco_json import CocoCategory, CocoImage, open_coco, read_coco, records
from lga.data.published.published_dataset import PartFiles
from lga.structures.annotations import Annotations
from lga.system.errors import UserError


class COCOReader(OwnSet):
    """Reads a set of one's own of COCO's format.

    Args:
        train: JSON file of the training images.
        cache_dir: see `OwnSet`, as are the others.
        val: of the validation images, if there are any.
        test: of the test images, if there are any.
        images: folder of the images, or of a folder for each part; None to look beside the JSON file, in
            ``images`` there and one level above, and in the folder that the JSON file is named after.
    """

    key, expected = "train", "COCO's JSON file of the training images"

    def __init__(
        self,
        train: str | None,
        cache_dir: str,
        val: str | None = None,
        test: str | None = None,
        images: str | None = None,
        name: str | None = None,
        on_error: str = "raise",
        subset: bool | None = None,
        content_sha256: str | None = None,
    ) -> None:
        given = {"train": train, "val": val, "test": test}
        self.written = {part: absolute(path) for part, path in given.items() if path}
        self.images = images
        super().__init__(train, cache_dir, name, on_error, subset, content_sha256)

    def describe(self) -> tuple[Iterable[Path], tuple[str, ...], Iterable[str]]:
        """Return all folders, the names of the categories in the order of their ids, and the parts."""
        self.folders = {}
        for part, path in self.written.items():
            content = open_coco(path)
            if part == "train":
                found = records(content.categories, CocoCategory, str(path), Faults("raise"))
                names = [category.name for category in sorted(found, key=lambda each: each.id)]
                classes = checked_names(names, f"{path}: categories")
            self.folders[part] = _folder(path, content.images, part, self.images)
        return (
            [*(path.parent for path in self.written.values()), *self.folders.values()],
            classes,
            self.written,
        )

    def files(self, part: str) -> PartFiles:
        """Return the JSON file and the image folder of a part."""
        return PartFiles((self.written[part],), self.folders[part])

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of the JSON file."""
        place, folder = (
            path.relative_to(self.root).as_posix() for path in (self.written[part], self.folders[part])
        )
        labels = {name: label for label, name in enumerate(self.class_names)}
        return read_coco(self.written[part], place, faults, labels, "" if folder == "." else folder)


def _folder(file: Path, listed: list[Raw], part: str, images: str | None) -> Path:
    """Return the folder in which the first image that a JSON file lists lies, of those where it may."""
    first = next(records(listed, CocoImage, str(file), Faults("raise")), None)
    if first is None:
        raise UserError(f"{file}: images: names no image; leave {part} out, or add them")
    above, named = file.parent.parent, file.stem.removeprefix("instances_")
    roots = [absolute(images)] if images else [file.parent, file.parent / "images", above, above / "images"]
    for folder in (root / below for root in roots for below in ("", part, named)):
        if os.path.lexists(folder / first.file_name):
            return folder
    looked, name = ", ".join(map(str, roots)), first.file_name[:200]
    raise UserError(f"{file}: its first image, {name}, is not in {looked}; set dataset.images=<folder>")
