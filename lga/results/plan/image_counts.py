"""How many images a cell trains on and is judged on: of the files that are there, else as published."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lga.data.classification.digits import DigitsReader
from lga.data.detection.tiling import windows_of
from lga.data.digit_scenes import DigitScenesReader
from lga.data.own.image_folder import ImageFolderReader
from lga.data.published.published_dataset import PublishedDataset
from lga.data.published.split_plan import HELD_OUT_EVERY
from lga.data.published.tiled_dataset import TiledDataset
from lga.results.published import PUBLISHED_IMAGES


@dataclass(frozen=True)
class ImageCounts:
    """Images, or tiles where images are cut."""

    train: int
    val: int
    test: int


# Selected on the test images, as the paper's toolchain does.
PUBLISHED_COUNTS: Mapping[str, ImageCounts] = MappingProxyType(
    {name: ImageCounts(train, test, test) for name, (train, test) in PUBLISHED_IMAGES.items()}
)


def image_counts(dataset: str, reader: Any) -> ImageCounts | None:
    """Return counts of the index that is kept on disk, else the published ones; None where neither is known.

    Those of data that ships with the project are its reader's.
    """
    if isinstance(reader, DigitsReader):
        return ImageCounts(**reader().counts)
    if isinstance(reader, DigitScenesReader | ImageFolderReader):
        return ImageCounts(**reader.counts)
    published = PUBLISHED_COUNTS.get(dataset)
    if not isinstance(reader, PublishedDataset):
        return published
    plan, used = reader.plan, reader.used
    if not used or not all(_is_indexed(reader, part) for part in used):
        return published
    counts = {part: _count(reader, part) for part in plan.parts}
    train = sum(counts[part] for part in plan.train)
    val = train // HELD_OUT_EVERY if plan.val is None else counts[plan.val]
    fitting = train - val if plan.val is None else train
    return ImageCounts(fitting, val, counts.get(plan.test, val))


def _is_indexed(reader: PublishedDataset, part: str) -> bool:
    """Whether an index of the part is kept, so that counting reads no annotations."""
    kept = (reader.cache_dir / "index").glob(f"{reader.name}-{part}-*.npz")
    return part in reader.parts and any(kept)


def _count(reader: PublishedDataset, part: str) -> int:
    index = reader.index(part)
    if isinstance(reader, TiledDataset) and reader.tiling is not None:
        return len(windows_of(index.sizes, reader.tiling).image)
    return len(index)
