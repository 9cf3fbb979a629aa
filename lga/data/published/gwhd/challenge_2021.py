"""GWHD 2021: more domains, with validation and test of their own. David et al., https://arxiv.org/abs/2105.07660.

Tree: ``gwhd_2021/images/*.png`` and ``competition_{train,val,test}.csv``, or the older
``official_{train,val,test}.csv``, whose names have no extension; where both lie, the former are read. One
image a row, ``image_name,BoxesString,domain``, the boxes ``x1 y1 x2 y2`` in pixels with ``;`` between, or
``no_box`` (https://zenodo.org/records/5092309). Rows that repeat another are left out and counted. Counts of
images differ between sources: 3,655 to 3,657 of training, 1,381 or 1,382 of test.
"""

from pathlib import Path
from types import MappingProxyType

from lga.data.detection.faults import Faults
from lga.data.published.formats.text_lines import numbered_rows
from lga.data.published.gwhd.codalab import GWHDReader
from lga.data.published.published_dataset import PartFiles
from lga.data.published.split_plan import PublishedCounts, SplitPlan
from lga.structures.annotations import Annotations, WrittenBox, WrittenImage
from lga.system.foreign import number

YEAR_2021 = "gwhd_2021"
IMAGES = f"{YEAR_2021}/images"


class GWHD2021Reader(GWHDReader):
    """Reads the tables of the competition of 2021."""

    distribution = "gwhd2021"
    part_names = ("train", "val", "test")
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("train",),
                "val",
                "test",
                who="the competition of 2021: no domain is in two of them; the paper used the set of 2020",
            )
        }
    )
    known_faults = ("outside the image",)
    published = MappingProxyType({"val": PublishedCounts(1476, source="the set's page and its copies")})
    toolchain_images = MappingProxyType({part: f"{YEAR_2021}/images/{part}" for part in part_names})

    @classmethod
    def is_in(cls, root: Path) -> bool:
        """Return whether the folder of 2021 lies there."""
        return (root / YEAR_2021).is_dir()

    def has(self, part: str) -> bool:
        """Return whether the part's table is there, in either form."""
        return self._table(part).is_file()

    def files(self, part: str) -> PartFiles:
        """Return the part's table and the folder of all images."""
        return PartFiles([self.needed(self._table(part))], self.needed(self.root / IMAGES))

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the images of the table."""
        table = self._table(part)
        place = table.relative_to(self.root).as_posix()
        return Annotations.of_images(read_gwhd_2021(table, place, faults))

    def _table(self, part: str) -> Path:
        newer, older = (self.root / YEAR_2021 / f"{kind}_{part}.csv" for kind in ("competition", "official"))
        return older if older.is_file() and not newer.is_file() else newer


COLUMNS = ("image_name", "BoxesString", "domain")
EMPTY = "no_box"


def read_gwhd_2021(path: Path, place: str, faults: Faults) -> list[WrittenImage]:
    """Return the images of a table, in the order of its rows.

    A second row of an image is left out and counted, whether it says the same or, as four of the published
    tables' do, something else.

    Args:
        path: of the table.
        place: what to call it in messages.
        faults: says what to do about a bad row.

    Raises:
        UserError: the table or a row is bad, and ``faults`` refuses.
    """
    rows: list[WrittenImage] = []
    seen: dict[str, tuple[int, str]] = {}
    for line, (name, boxes_string, domain) in numbered_rows(path, place, COLUMNS, faults):
        here = f"{place}:{line}"
        first, content = seen.setdefault(name, (line, f"{boxes_string},{domain}"))
        if first != line:
            same = content == f"{boxes_string},{domain}"
            faults.drop(f"rows that {'repeat another' if same else 'disagree with an earlier one'}", here)
        elif faults.accepts_path(name, here):
            file = name if name.lower().endswith((".png", ".jpg")) else f"{name}.png"
            boxes = _boxes(boxes_string, line, here, faults)
            rows.append(WrittenImage(f"{IMAGES}/{file}", None, boxes, place))
    return rows


def _boxes(boxes_string: str, line: int, here: str, faults: Faults) -> list[WrittenBox]:
    if boxes_string.strip() == EMPTY:
        return []
    boxes = []
    for written in boxes_string.split(";"):
        try:
            x1, y1, x2, y2 = map(number, written.split())
        except ValueError:
            expected = f"expected boxes x1 y1 x2 y2 with ; between, or {EMPTY}, found {written[:60]!r}"
            faults.refuse("boxes not understood", here, expected)
        else:
            boxes.append(WrittenBox((x1, y1, x2, y2), 0, line=line))
    return boxes
