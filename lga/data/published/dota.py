"""DOTA v1.0: objects in aerial images, fifteen classes. Xia et al., https://arxiv.org/abs/1711.10398.

Trees, in ``<data_dir>/DOTA``: ``{train,val}/images/*.png`` with, beside ``images``, the label files in
``labelTxt``, in ``labelTxt-v1.0`` as its archives unpack, or in torchgeo's ``annotations/version1.0``. The
tree of the paper's toolchain, ``images/{train,val}`` beside ``labels``, lies there or in
``<data_dir>/DOTAv1``, the name that it is downloaded under.

Difficult objects are kept as `Ignored.DIFFICULT`; the toolchain takes them for any other, and its tree no
longer tells them. Labels of the test images are not public.

DOTA's annotation files: one an image, one object a line, as quadrilaterals.

Format: ``x1 y1 x2 y2 x3 y3 x4 y4 class difficult``, separated by spaces; the last field may be missing. Lines
such as ``imagesource:GoogleEarth`` and ``gsd:0.146`` may stand before them. See
https://captain-whu.github.io/DOTA/dataset.html. The box of an object is the horizontal extent of its corners,
as in the set's task of horizontal boxes.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from lga.data.detection.faults import Faults
from lga.data.detection.index_cache import listing
from lga.data.published.formats.text_lines import numbered_lines
from lga.data.published.published_dataset import PartFiles, TiledDataset
from lga.data.published.split_plan import PublishedCounts, SplitPlan
from lga.structures.annotations import Annotations, Ignored, WrittenBox, WrittenImage
from lga.system.errors import UserError
from lga.system.foreign import number, visible

LABEL_FOLDERS = ("labelTxt", "labelTxt-v1.0/labelTxt", "labelTxt-v1.0", "annotations/version1.0")
_SOURCE = "the dataset's page; objects as commonly listed"


class DOTAReader(TiledDataset):
    """Reads DOTA v1.0 with horizontal boxes."""

    name = "dota"
    folder = "DOTA"
    class_names = (
        "plane", "ship", "storage-tank", "baseball-diamond", "tennis-court",
        "basketball-court", "ground-track-field", "harbor", "bridge", "large-vehicle",
        "small-vehicle", "helicopter", "roundabout", "soccer-ball-field", "swimming-pool",
    )  # fmt: skip
    part_names = ("train", "val")
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("train",),
                None,
                "val",
                who="ours, without a leak: test labels are hidden, so the validation part is reported",
            ),
            "paper": SplitPlan(
                ("train",),
                "val",
                "val",
                who="the paper most likely: its toolchain trains on train and reports the best epoch on val",
                leak="the checkpoint is selected on the images that are reported",
                counted=(Ignored.DIFFICULT,),  # its labels say nothing of difficult objects
            ),
        }
    )
    published = MappingProxyType(
        {
            "train": PublishedCounts(1411, 98_990, "all", source=_SOURCE),
            "val": PublishedCounts(458, 28_853, "all", source=_SOURCE),
        }
    )

    @property
    def root(self) -> Path:
        """The set's folder: ``DOTA``, or where there is only that, the toolchain's ``DOTAv1``."""
        published, toolchain = self.data_dir / self.folder, self.data_dir / "DOTAv1"
        return toolchain if toolchain.is_dir() and not published.is_dir() else published

    def has(self, part: str) -> bool:
        """Return whether the part's label files are there."""
        return self._labels(part) is not None

    def files(self, part: str) -> PartFiles:
        """Return the label files of a part and its image folder."""
        labels, images = self._labels(part), self.root / part / "images"
        if labels is None:
            raise UserError(
                f"{self.root / part}: no label files in {', '.join(LABEL_FOLDERS)} below it; "
                f"unpack DOTA v1.0's {part} labels into one of these"
            )
        if not images.is_dir():
            raise UserError(f"{images}: no such folder; unpack DOTA v1.0's {part} images there")
        return PartFiles(visible(labels, "*.txt"), (images,))

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of every label file; each is of the image of the same stem."""
        labels = {name: label for label, name in enumerate(self.class_names)}
        images = []
        for path in files.annotations:
            place = path.relative_to(self.root).as_posix()
            boxes = read_dota(path, place, faults, labels)
            images.append(WrittenImage(f"{part}/images/{path.stem}.png", None, boxes, place))
        self._check_labelled(files, {image.name for image in images}, faults)
        return Annotations.of_images(images)

    def _labels(self, part: str) -> Path | None:
        """Return the first folder that holds label files of a part."""
        folders = (self.root / part / name for name in LABEL_FOLDERS)
        return next((folder for folder in folders if visible(folder, "*.txt")), None)

    def _check_labelled(self, files: PartFiles, labelled: set[str], faults: Faults) -> None:
        folder = files.annotations[0].parent
        for name in listing(self.root, files.image_folders):
            if name.endswith(".png") and name not in labelled:
                expected = f"the image has no label file; put {Path(name).stem}.txt into {folder}"
                faults.refuse("images without a label file", name, expected)


CORNER_FIELDS = 8
MOST_FIELDS = 10
_HEADER = re.compile(r"[A-Za-z][A-Za-z _]*:")
_DIFFICULT = {
    "0": Ignored.OBJECT,
    "1": Ignored.DIFFICULT,
    "2": Ignored.CUT,  # what the set's own tools write where they cut off most of an object
}


class _Object(NamedTuple):
    extent: tuple[float, float, float, float]
    name: str
    ignored: Ignored


def read_dota(path: Path, place: str, faults: Faults, labels: Mapping[str, int]) -> list[WrittenBox]:
    """Return the boxes of one file.

    Args:
        path: of the file.
        place: what to call it in messages.
        faults: says what to do about a bad line.
        labels: from 0, by the name of the class.

    Raises:
        UserError: a line is bad, and ``faults`` refuses.
    """
    boxes = []
    for line_number, line in numbered_lines(path, place, faults):
        fields = line.split()
        if len(fields) <= CORNER_FIELDS and _HEADER.match(line):
            continue
        found = _object(fields)
        if found is None:
            expected = f"expected 8 numbers, a class and 0, 1 or 2, found {line[:80]!r}"
            faults.refuse("lines not understood", f"{place}:{line_number}", expected)
        elif found.name not in labels:
            expected = f"{found.name!r} is none of the set's classes: {', '.join(labels)}"
            faults.refuse("objects of unknown classes", f"{place}:{line_number}", expected)
        else:
            boxes.append(WrittenBox(found.extent, labels[found.name], found.ignored, line_number))
    return boxes


def _object(fields: Sequence[str]) -> _Object | None:
    """Return what a line says, or None where it is not of this format."""
    try:
        xs, ys = ([number(field) for field in fields[start:CORNER_FIELDS:2]] for start in (0, 1))
        name, difficult = (*fields[CORNER_FIELDS:], "0")[:2]
        ignored = _DIFFICULT[difficult]
    except (ValueError, KeyError):
        return None
    if len(fields) > MOST_FIELDS:
        return None
    return _Object((min(xs), min(ys), max(xs), max(ys)), name, ignored)
