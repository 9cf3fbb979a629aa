"""How many images a cell trains on and is judged on: of the files that are there, else as published."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lga.data.detection.tiling import windows_of
from lga.data.digit_scenes import DigitScenesReader
from lga.data.digits import DigitsReader
from lga.data.published.published_dataset import PublishedDataset
from lga.data.published.split_plan import HELD_OUT_EVERY
from lga.data.published.tiled_dataset import TiledDataset


@dataclass(frozen=True)
class ImageCounts:
    """Images, or tiles where images are cut; `known` says where the figures are from."""

    train: int
    val: int
    test: int
    known: str


def _selected_on_test(train: int, test: int) -> ImageCounts:
    return ImageCounts(train, test, test, "published")


# As the paper's toolchain splits them. DOTA's are tiles of 1024 pixels, 11.1 an image in training.
PUBLISHED_COUNTS: Mapping[str, ImageCounts] = MappingProxyType(
    {
        "mnist": _selected_on_test(60_000, 10_000),
        "fashion_mnist": _selected_on_test(60_000, 10_000),
        "visdrone": _selected_on_test(6_471, 548),
        "voc2012": _selected_on_test(5_717, 5_823),
        "voc2007": _selected_on_test(5_011, 4_952),
        "coco_minitrain": _selected_on_test(25_000, 5_000),
        "coco2017": _selected_on_test(118_287, 5_000),
        "dota": _selected_on_test(15_700, 5_100),
        "gwhd": _selected_on_test(3_422, 748),
        "tinyperson": _selected_on_test(746, 786),
    }
)


def image_counts(dataset: str, reader: Any) -> ImageCounts | None:
    """Counts of the index that is kept on disk, else the published ones; None where neither is known.

    Those of data that ships with the project are its reader's.
    """
    if isinstance(reader, DigitsReader | DigitScenesReader):
        counts = reader().counts if isinstance(reader, DigitsReader) else reader.counts
        return ImageCounts(**counts, known="shipped with the project")
    published = PUBLISHED_COUNTS.get(dataset)
    if not isinstance(reader, PublishedDataset):
        return published
    plan = reader.plan
    used = (*plan.train, plan.test) if plan.val is None else (*plan.train, plan.val, plan.test)
    if not all(_is_indexed(reader, part) for name in used for part in reader.unions.get(name, (name,))):
        return published
    counts = {part: _count(reader, part) for part in used}
    train = sum(counts[part] for part in plan.train)
    val = train // HELD_OUT_EVERY if plan.val is None else counts[plan.val]
    return ImageCounts(
        train - val if plan.val is None else train, val, counts[plan.test], "of the files here"
    )


def _is_indexed(reader: PublishedDataset, part: str) -> bool:
    """Whether an index of the part is kept, so that counting reads no annotations."""
    kept = (reader.cache_dir / "index").glob(f"{reader.name}-{part}-*.npz")
    return part in reader.parts and any(kept)


def _count(reader: PublishedDataset, part: str) -> int:
    index = reader.index(part)
    if isinstance(reader, TiledDataset) and reader.tiling is not None:
        return len(windows_of(index.written.sizes, reader.tiling).image)
    return len(index)
