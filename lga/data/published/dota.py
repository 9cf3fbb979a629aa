"""DOTA v1.0: objects in aerial images, fifteen classes. Xia et al., https://arxiv.org/abs/1711.10398.

Trees, in ``<data_dir>/DOTA``: ``{train,val}/images/*.png`` with, beside ``images``, the label files in
``labelTxt``, in ``labelTxt-v1.0`` as its archives unpack, or in torchgeo's ``annotations/version1.0``. The
tree of the paper's toolchain, ``images/{train,val}`` beside ``labels``, lies there or in
``<data_dir>/DOTAv1``.

A label file has one object a line, ``x1 y1 x2 y2 x3 y3 x4 y4 class difficult``, the last maybe missing, after
lines such as ``gsd:0.146`` (https://captain-whu.github.io/DOTA/dataset.html). The box is the horizontal
extent of the corners, as in the set's task of horizontal boxes. Difficult objects are kept as
`Ignored.DIFFICULT`; the toolchain's tree lost which they are. Labels of the test images are not public.
"""

import re
from pathlib import Path
from types import MappingProxyType

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_lines, read_each
from lga.data.published.published_dataset import PartFiles
from lga.data.published.split_plan import PublishedCounts, SplitPlan, paper_plan
from lga.data.published.tiled_dataset import TiledDataset
from lga.structures.annotations import Annotations, Ignored, WrittenBox
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
            "paper": paper_plan(
                ["train"],
                "val",
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
        advice = f"unpack DOTA v1.0's {part} images there"
        return PartFiles(visible(labels, "*.txt"), self.require(images, advice))

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of every label file."""
        return read_each(self.root, files.annotations, files.image_folder, ".png", faults, read_dota)

    def _labels(self, part: str) -> Path | None:
        """Return the first folder that holds label files of a part."""
        folders = (self.root / part / name for name in LABEL_FOLDERS)
        return next((folder for folder in folders if visible(folder, "*.txt")), None)


CORNER_FIELDS = 8
MOST_FIELDS = 10
_HEADER = re.compile(r"[A-Za-z][A-Za-z _]*:")
_DIFFICULT = {
    "0": Ignored.OBJECT,
    "1": Ignored.DIFFICULT,
    "2": Ignored.CUT,  # what the set's own tools write where they cut off most of an object
}


def read_dota(path: Path, place: str, faults: Faults) -> list[WrittenBox]:
    """Return the boxes of one file.

    Args:
        path: of the file.
        place: what to call it in messages.
        faults: says what to do about a bad line.

    Raises:
        UserError: a line is bad, and ``faults`` refuses.
    """
    boxes, classes = [], DOTAReader.class_names
    for line_number, line in numbered_lines(path, place, faults):
        fields = line.split()
        if len(fields) <= CORNER_FIELDS and _HEADER.match(line):
            continue
        try:
            xs, ys = ([number(field) for field in fields[start:CORNER_FIELDS:2]] for start in (0, 1))
            name, difficult = (*fields[CORNER_FIELDS:], "0")[:2]
            ignored = _DIFFICULT[difficult if len(fields) <= MOST_FIELDS else ""]
        except (ValueError, KeyError):
            expected = f"expected 8 numbers, a class and 0, 1 or 2, found {line[:80]!r}"
            faults.refuse("lines not understood", f"{place}:{line_number}", expected)
            continue
        if name not in classes:
            expected = f"{name!r} is none of the set's classes: {', '.join(classes)}"
            faults.refuse("objects of unknown classes", f"{place}:{line_number}", expected)
        else:
            extent = (min(xs), min(ys), max(xs), max(ys))
            boxes.append(WrittenBox(extent, classes.index(name), ignored, line_number))
    return boxes
