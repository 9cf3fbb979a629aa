"""The picture files of an inspection: a contact sheet of each part, and a figure of its sizes."""

import io
from collections.abc import Iterator

from PIL import Image

from lga.data.inspection.contact_sheet import contact_sheet
from lga.data.inspection.pictured import Pictured
from lga.data.inspection.published_set import PublishedInspection, Splits, distinct_splits
from lga.data.inspection.size_figure import size_figure


def published_parts(inspection: PublishedInspection) -> dict[str, Pictured]:
    """Return the parts of a published set that can be read."""
    reader = inspection.reader
    return {
        part: Pictured.of_index(f"{reader.name} {part}", reader.root, read.index, reader.class_names)
        for part, read in inspection.read.items()
    }


def split_parts(dataset: str, splits: Splits, class_names: tuple[str, ...]) -> dict[str, Pictured]:
    """Return the splits of another set."""
    return {
        name: Pictured.of_split(f"{dataset} {name}", getattr(splits, name), class_names)
        for name in distinct_splits(splits)
    }


def picture_files(part: str, pictured: Pictured) -> Iterator[tuple[str, bytes]]:
    """Yield name and PNG content of each picture of a part; one without images has none."""
    if len(pictured):
        yield f"{part}-images.png", _png(contact_sheet(pictured))
    if len(pictured.boxes):
        yield f"{part}-sizes.png", size_figure(pictured)


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "png")
    return content.getvalue()
