"""GWHD 2020 as Kaggle has it, https://www.kaggle.com/c/global-wheat-detection/data: training's seven domains.

Tree: ``global-wheat-detection/train.csv`` and ``train/*.jpg``; ``test/``, about ten images without boxes, is
not read. One box a row, ``image_id,width,height,bbox,source``, the box a JSON list ``"[x, y, width,
height]"`` in pixels. The parts are the sources, and ``unlisted``: images without a row, so without a wheat
head, whose source is not known; they are always trained on, and what is wrong with the table is counted with
them.
"""

from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from lga.data.detection.faults import Faults
from lga.data.detection.index_cache import listing
from lga.data.published.formats.coco_json import Pixels
from lga.data.published.formats.text_lines import numbered_rows
from lga.data.published.gwhd.codalab import LEAK, SELECTING, GWHDReader
from lga.data.published.gwhd.codalab import TRAINING as SOURCES
from lga.data.published.published_dataset import PartFiles
from lga.data.published.split_plan import PublishedCounts, SplitPlan, paper_plan
from lga.structures.annotations import Annotations, WrittenBox, WrittenImage
from lga.system.foreign import parse_json, whole

KAGGLE = "global-wheat-detection"
TABLE, IMAGES = f"{KAGGLE}/train.csv", f"{KAGGLE}/train"
UNLISTED = "unlisted"
REPORTED = "usask_1"  # the only source outside Europe
_ROWS = "rows of train.csv by source"


COLUMNS = ("image_id", "width", "height", "bbox", "source")


class KaggleImage(NamedTuple):
    """An image that has rows.

    Attributes:
        size: width and height in pixels.
        source: domain that it is from.
        line: of its first row.
        boxes: all of label 0.
    """

    size: tuple[int, int]
    source: str
    line: int
    boxes: list[WrittenBox]


def read_kaggle_wheat(path: Path, place: str, faults: Faults) -> dict[str, KaggleImage]:
    """Return the images by their ids, in the order of their first rows.

    Args:
        path: of the table.
        place: what to call it in messages.
        faults: says what to do about a bad row, and about one that gives an image another size or source
            than an earlier row does.

    Raises:
        UserError: the table or a row is bad, and ``faults`` refuses.
    """
    images: dict[str, KaggleImage] = {}
    for line, (name, width, height, bbox, source) in numbered_rows(path, place, COLUMNS, faults):
        try:
            size = whole(width), whole(height)
            x, y, w, h = parse_json(bbox.encode(), tuple[Pixels, Pixels, Pixels, Pixels], "bbox")
        except ValueError:  # a UserError is one
            found = f"{width},{height},{bbox}"[:60]
            expected = f'expected width,height,"[x, y, width, height]" in numbers, found {found!r}'
            faults.refuse("rows not understood", f"{place}:{line}", expected)
            continue
        if not faults.accepts_path(name, f"{place}:{line}"):
            continue
        image = images.setdefault(name, KaggleImage(size, source, line, []))
        if (image.size, image.source) == (size, source):
            image.boxes.append(WrittenBox((x, y, x + w, y + h), 0, line=line))
        else:
            expected = f"size or source of {name} is not that of line {image.line}"
            faults.refuse("rows that disagree about an image", f"{place}:{line}", expected)
    return images


class GWHDKaggleReader(GWHDReader):
    """Reads Kaggle's global-wheat-detection."""

    distribution = "kaggle"
    part_names = (*SOURCES, UNLISTED)
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                (UNLISTED, *(source for source in SOURCES if source not in (SELECTING, REPORTED))),
                SELECTING,
                REPORTED,
                who="this reader: the competition has no validation and hides its test, so one source "
                "selects and another is reported",
            ),
            "paper": paper_plan(
                (UNLISTED, *SOURCES),
                "ethz_1",
                "the paper's toolchain, on the same images elsewhere: it reports one of the sources "
                "that it trains on",
                leak=LEAK,
            ),
        }
    )
    published = MappingProxyType(
        {
            "ethz_1": PublishedCounts(boxes=51_489, source=_ROWS),
            "arvalis_1": PublishedCounts(boxes=45_716, source=_ROWS),
            "rres_1": PublishedCounts(boxes=20_236, source=_ROWS),
            "arvalis_3": PublishedCounts(boxes=16_665, source=_ROWS),
            "usask_1": PublishedCounts(boxes=5_807, source=_ROWS),
            "arvalis_2": PublishedCounts(boxes=4_179, source=_ROWS),
            "inrae_1": PublishedCounts(boxes=3_701, source=_ROWS),
            UNLISTED: PublishedCounts(49, 0, source="3,422 images less 3,373 that have rows"),
        }
    )
    toolchain_images = MappingProxyType({part: f"{KAGGLE}/images/{part}" for part in part_names})

    @classmethod
    def is_in(cls, root: Path) -> bool:
        """Return whether Kaggle's folder lies there."""
        return (root / KAGGLE).is_dir()

    def has(self, part: str) -> bool:
        """Return whether the table is there: it is of all parts."""
        return (self.root / TABLE).is_file()

    def files(self, part: str) -> PartFiles:
        """Return the table and the folder of all images."""
        return PartFiles([self.needed(self.root / TABLE)], self.needed(self.root / IMAGES))

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the images of one source, or those that no row names."""
        counted = part == UNLISTED or faults.on_error == "raise"
        listed = read_kaggle_wheat(self.root / TABLE, TABLE, faults if counted else Faults("skip"))
        if part == UNLISTED:
            for image in listed.values():
                if image.source not in SOURCES:
                    expected = f"expected a source of {', '.join(SOURCES)}, found {image.source!r}"
                    faults.refuse("images of an unknown source", f"{TABLE}:{image.line}", expected)
            names = {f"{IMAGES}/{stem}.jpg" for stem in listed}
            present = sorted(listing(self.root, files.image_folder))
            rest = [name for name in present if name.endswith(".jpg") and name not in names]
            return Annotations.of_images([WrittenImage(name, None, (), TABLE) for name in rest])
        return Annotations.of_images(
            [
                WrittenImage(f"{IMAGES}/{stem}.jpg", image.size, image.boxes, TABLE)
                for stem, image in listed.items()
                if image.source == part
            ]
        )
