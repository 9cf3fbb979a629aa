"""What is pictured of each part of an inspection, by a contact sheet."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lga.data.classification.labelled_images import LabelledImages
from lga.data.detection.image_stores import FileImages
from lga.data.detection.splits import DetectionSource
from lga.data.inspection.contact_sheet import Pictured
from lga.data.inspection.published_set import PublishedInspection, distinct_splits
from lga.data.loading.splits import Splits
from lga.structures.annotations import Annotations, WrittenImage


def published_parts(inspection: PublishedInspection) -> dict[str, Pictured]:
    """Return the parts of a published set that can be read."""
    reader, parts = inspection.reader, {}
    for part, read in inspection.read.items():
        images = FileImages(reader.root, read.index.names, read.index.sizes)
        captions = [Path(name).name for name in read.index.names.tolist()]
        parts[part] = Pictured(f"{reader.name} {part}", images, captions, read.index, reader.class_names)
    return parts


def split_parts(dataset: str, splits: Splits[Any], class_names: tuple[str, ...]) -> dict[str, Pictured]:
    """Return the splits of another set; labelled images have their class as caption."""
    return {
        name: _split_part(f"{dataset} {name}", getattr(splits, name), class_names)
        for name in distinct_splits(splits)
    }


def _split_part(
    title: str, source: DetectionSource | LabelledImages, class_names: tuple[str, ...]
) -> Pictured:
    if isinstance(source, DetectionSource):
        return Pictured(title, source.images, source.names.tolist(), source.annotations, class_names)
    captions = [class_names[label] for label in source.labels.tolist()]
    sizes = ((width, height) for width, height in source.sizes().tolist())
    table = Annotations.of_images([WrittenImage(*each, ()) for each in zip(captions, sizes, strict=True)])
    return Pictured(title, _Labelled(source), captions, table, class_names)


class _Labelled:
    def __init__(self, source: LabelledImages) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def load(self, index: int) -> NDArray[np.uint8]:
        images = self.source.images
        if isinstance(images, FileImages):
            return images.load(index)
        pixels = images[index].numpy()
        return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels.transpose(1, 2, 0)
