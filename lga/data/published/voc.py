"""PASCAL VOC2007 and VOC2012: twenty classes in photographs. https://doi.org/10.1007/s11263-009-0275-4.

Tree, as published, in ``<data_dir>``: ``VOCdevkit/VOC<year>/`` with ``ImageSets/Main/<split>.txt``, a name a
line, ``Annotations/<name>.xml`` and ``JPEGImages/<name>.jpg``; only what the lists name is read. The tree of
the paper's toolchain, ``VOC/images/<split><year>`` beside ``VOC/labels/<split><year>``, is read where a list
is missing; its labels lack the difficult objects.

Parts are named by split and year, such as ``train2007``; those of both years are parts of either reader,
since the toolchain's plan joins them. The test annotations of 2012 are not public, so val is reported.
"""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_lines
from lga.data.published.formats.voc_xml import UNIT, read_voc
from lga.data.published.published_dataset import PartFiles, PublishedDataset
from lga.data.published.split_plan import PublishedCounts, SplitPlan, paper_plan
from lga.structures.annotations import Annotations

ARCHIVES = MappingProxyType(
    {
        "train2007": "VOCtrainval_06-Nov-2007.tar",
        "val2007": "VOCtrainval_06-Nov-2007.tar",
        "test2007": "VOCtest_06-Nov-2007.tar",
        "train2012": "VOCtrainval_11-May-2012.tar",
        "val2012": "VOCtrainval_11-May-2012.tar",
    }
)
TOOLCHAIN = paper_plan(
    ("train2012", "train2007", "val2012", "val2007"),
    "test2007",
    "the paper's toolchain by default: 16,551 images of both years, the best epoch on 2007's test",
)

_SOURCE = "the challenge's database statistics, objects that are not difficult"
# fmt: off
_TRAIN_2007 = (
    151, 176, 243, 140, 253, 115, 625, 186, 400, 136,
    103, 253, 182, 167, 2358, 248, 130, 124, 145, 166,
)
_VAL_2007 = (
    155, 177, 243, 150, 252, 114, 625, 190, 398, 123,
    112, 257, 180, 172, 2332, 266, 127, 124, 152, 158,
)
_TEST_2007 = (
    285, 337, 459, 263, 469, 213, 1201, 358, 756, 244,
    206, 489, 348, 325, 4528, 480, 242, 239, 282, 308,
)
_TRAIN_2012 = (
    432, 353, 560, 426, 629, 292, 1013, 605, 1178, 290,
    304, 756, 350, 357, 4194, 484, 400, 281, 313, 392,
)
_VAL_2012 = (
    433, 358, 559, 424, 630, 301, 1004, 612, 1176, 298,
    305, 759, 360, 356, 4372, 489, 413, 285, 315, 392,
)
# fmt: on


class VOCReader(PublishedDataset):
    """Reads PASCAL VOC, of any year."""

    folder = "."
    class_names = (
        "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
        "diningtable", "dog", "horse", "motorbike", "person",
        "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    )  # fmt: skip
    part_names = tuple(ARCHIVES)
    published = MappingProxyType(
        {
            "train2007": PublishedCounts(2501, sum(_TRAIN_2007), "objects", _TRAIN_2007, _SOURCE),
            "val2007": PublishedCounts(2510, sum(_VAL_2007), "objects", _VAL_2007, _SOURCE),
            "test2007": PublishedCounts(4952, sum(_TEST_2007), "objects", _TEST_2007, _SOURCE),
            "train2012": PublishedCounts(5717, sum(_TRAIN_2012), "objects", _TRAIN_2012, _SOURCE),
            "val2012": PublishedCounts(5823, sum(_VAL_2012), "objects", _VAL_2012, _SOURCE),
        }
    )
    toolchain_images = MappingProxyType({part: f"VOC/images/{part}" for part in ARCHIVES})

    def has(self, part: str) -> bool:
        """Return whether the list of the part's images is there."""
        return self._list(part).is_file()

    def files(self, part: str) -> PartFiles:
        """Return the list of the part's images, the annotation files that are there, and the image folder."""
        listed, images = self._list(part), self._year(part) / "JPEGImages"
        for needed in (listed, images):
            self.require(needed, self.advice(part))
        annotations = [self._annotation(part, stem) for _, stem in self._stems(part, Faults("skip"))]
        return PartFiles([path for path in (listed, *annotations) if path.is_file()], images)

    def advice(self, part: str) -> str:
        """Return what to do where files of a part are missing."""
        return f"unpack {ARCHIVES[part]} into {self.root} (`make data-voc{part[-4:]}` fetches it)"

    def image(self, part: str, stem: str) -> Path:
        """Return the image file of a name."""
        return self._year(part) / "JPEGImages" / f"{stem}.jpg"

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the objects of every image that the part's list names, in its order."""
        images = []
        for line, stem in self._stems(part, faults):
            path = self._annotation(part, stem)
            place, image = self._place(path), self._place(self.image(part, stem))
            if not path.is_file():
                listed = f"{self._place(self._list(part))}:{line}"
                faults.refuse("images without annotation file", listed, f"{stem} has no {place}")
                continue
            if (said := read_voc(path, place, image, self.class_names, faults)) is not None:
                images.append(said)
        return Annotations.of_images(images, UNIT)

    def _stems(self, part: str, faults: Faults) -> Iterator[tuple[int, str]]:
        """Yield line and name of each image of the part's list."""
        path = self._list(part)
        place, lines = self._place(path), dict[str, int]()
        for number, stem in numbered_lines(path, place, faults):
            where = f"{place}:{number}"
            if len(stem.split()) > 1:
                faults.refuse(
                    "lines not understood", where, f"expected the name of an image, found {stem[:60]!r}"
                )
            elif stem in lines:
                faults.refuse("images listed twice", where, f"{stem} stands in line {lines[stem]} too")
            elif faults.accepts_path(stem, where):
                lines[stem] = number
                yield number, stem

    def _year(self, part: str) -> Path:
        return self.root / "VOCdevkit" / f"VOC{part[-4:]}"

    def _list(self, part: str) -> Path:
        return self._year(part) / "ImageSets" / "Main" / f"{part[:-4]}.txt"

    def _annotation(self, part: str, stem: str) -> Path:
        return self._year(part) / "Annotations" / f"{stem}.xml"

    def _place(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


class VOC2007Reader(VOCReader):
    """Reads PASCAL VOC2007."""

    name = "voc2007"
    plans = MappingProxyType(
        {
            "official": SplitPlan(("train2007",), "val2007", "test2007", who="the challenge of 2007"),
            "paper": paper_plan(
                ("train2007", "val2007"),
                "test2007",
                "the paper most likely, it is not stated: common practice of training, and its toolchain "
                "reports the best epoch on what it validates on",
            ),
            "toolchain": TOOLCHAIN,
        }
    )


class VOC2012Reader(VOCReader):
    """Reads PASCAL VOC2012."""

    name = "voc2012"
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("train2012",),
                None,
                "val2012",
                who="the challenge of 2012, as far as it is public; every twelfth training image selects",
            ),
            "paper": paper_plan(
                ("train2012",),
                "val2012",
                "the paper most likely, it is not stated: its toolchain reports the best epoch on what "
                "it validates on, and val is what there are annotations of",
            ),
            "toolchain": TOOLCHAIN,
        }
    )
