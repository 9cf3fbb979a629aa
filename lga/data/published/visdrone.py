"""VisDrone2019-DET: objects seen from drones, ten classes. Zhu et al., https://arxiv.org/abs/2001.06303.

Tree, as published: ``VisDrone2019-DET-{train,val,test-dev}/{images/*.jpg,annotations/*.txt}``, in
``<data_dir>/VisDrone``. The older download of the paper's toolchain is that tree too, with labels beside that
are not read; of the newer one (``images/train`` beside ``labels/train``) the labels are.

An annotation file has one box a line, eight integers ``left,top,width,height,score,category,truncation,
occlusion``; a comma may follow (https://github.com/VisDrone/VisDrone-Dataset). Published faults that are left
out and counted: a few boxes of no width or height.
"""

from pathlib import Path
from types import MappingProxyType

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_lines, read_each
from lga.data.published.published_dataset import PartFiles, PublishedDataset
from lga.data.published.split_plan import PublishedCounts, SplitPlan, paper_plan
from lga.structures.annotations import Annotations, Ignored, WrittenBox
from lga.system.foreign import visible, whole

PREFIX = "VisDrone2019-DET-"
_SOURCE = "toolchain's conversion logs; per class from the label files"
_TRAIN = (79_337, 27_059, 10_480, 144_866, 24_956, 12_875, 4_812, 3_246, 5_926, 29_647)
_TEST = (21_006, 6_376, 1_302, 28_074, 5_771, 2_659, 530, 599, 2_940, 5_845)
_VAL = (8_844, 5_125, 1_287, 14_064, 1_975, 750, 1_045, 532, 251, 4_886)


class VisDroneReader(PublishedDataset):
    """Reads VisDrone2019-DET."""

    name = "visdrone"
    folder = "VisDrone"
    class_names = (
        "pedestrian", "people", "bicycle", "car", "van",
        "truck", "tricycle", "awning-tricycle", "bus", "motor",
    )  # fmt: skip
    part_names = ("train", "val", "test-dev")
    plans = MappingProxyType(
        {
            "official": SplitPlan(("train",), "val", "test-dev", who="the benchmark: test-dev is public"),
            "paper": paper_plan(["train"], "val"),
        }
    )
    published = MappingProxyType(
        {
            "train": PublishedCounts(6471, sum(_TRAIN), "objects", _TRAIN, _SOURCE),
            "val": PublishedCounts(548, sum(_VAL), "objects", _VAL, _SOURCE),
            "test-dev": PublishedCounts(1610, sum(_TEST), "objects", _TEST, _SOURCE),
        }
    )
    known_faults = ("of no size",)
    toolchain_images = MappingProxyType({"test-dev": "images/test"})

    def has(self, part: str) -> bool:
        """Return whether the part's annotations are there."""
        return (self.root / f"{PREFIX}{part}" / "annotations").is_dir()

    def files(self, part: str) -> PartFiles:
        """Return the annotation files of a part and its image folder."""
        folder = self.root / f"{PREFIX}{part}"
        annotations, images = folder / "annotations", folder / "images"
        advice = f"unpack {PREFIX}{part}.zip into {self.root} (`make data-visdrone` fetches it)"
        return PartFiles(visible(self.require(annotations, advice), "*.txt"), self.require(images, advice))

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of every annotation file."""
        return read_each(self.root, files.annotations, files.image_folder, ".jpg", faults, read_visdrone)


FIELDS = 8
REGION, OTHERS = 0, 11  # categories that are no class


def read_visdrone(path: Path, place: str, faults: Faults) -> list[WrittenBox]:
    """Return the boxes of one file.

    Category 0 is a region to be ignored; a score of 0 marks a box that is not evaluated, as all of category
    11, others, are. Labels are the category less 1.

    Args:
        path: of the file.
        place: what to call it in messages.
        faults: says what to do about a bad line.

    Raises:
        UserError: a line is bad, and ``faults`` refuses.
    """
    boxes = []
    for number, line in numbered_lines(path, place, faults):
        fields = line.rstrip(",").split(",")
        try:
            left, top, width, height, score, category, *_ = (whole(field) for field in fields)
            complete = len(fields) == FIELDS
        except ValueError:
            complete = False
        if not complete:
            expected = f"expected {FIELDS} integers separated by commas, found {line[:60]!r}"
            faults.refuse("lines not understood", f"{place}:{number}", expected)
            continue
        box = (left, top, left + width, top + height)
        boxes.append(WrittenBox(box, *_meaning(score, category), line=number))
    return boxes


def _meaning(score: int, category: int) -> tuple[int, Ignored]:
    if category == REGION:
        return -1, Ignored.REGION
    if category == OTHERS:
        return -1, Ignored.NOT_EVALUATED
    return category - 1, Ignored.OBJECT if score else Ignored.NOT_EVALUATED
