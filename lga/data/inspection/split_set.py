"""Inspects a set whose reader gives its splits and checks its files itself: the embedded ones, and MNIST's.

The reader ends at the first fault; that one is told.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.detection_source import DetectionSource
from lga.data.detection.detection_splits import DetectionSplits
from lga.data.inspection.contents import Contents, count_classes
from lga.data.inspection.report import PartReport, Report, Wrong
from lga.data.inspection.sizes import ImageSizes
from lga.data.labelled_images import ImageSplits, LabelledImages
from lga.structures.ground_truth import Ignored
from lga.system.errors import UserError

Splits = ImageSplits | DetectionSplits


def inspect_splits(
    dataset: str, where: str, checked: str, class_names: tuple[str, ...], reader: Callable[[], Splits]
) -> tuple[Report, Splits | None]:
    """Return the report, and the splits if they can be read.

    Args:
        dataset: its name.
        where: folder of its files, or how else they are had.
        checked: what the reader holds the files against.
        class_names: in the order of the labels.
        reader: gives the splits, or a UserError.
    """
    try:
        splits = reader()
    except UserError as error:
        wrong = (Wrong("files that cannot be read", str(error)),)
        return Report(dataset, where, f"{checked}, up to what is wrong", {}, wrong=wrong), None
    parts = {
        name: PartReport(_split_contents(getattr(splits, name), class_names))
        for name in distinct_splits(splits)
    }
    return Report(dataset, where, checked, parts, manifest=splits.manifest), splits


def distinct_splits(splits: Splits) -> tuple[str, ...]:
    """Return the names of the splits that are not the same images."""
    return ("train", "val", "test") if splits.selection == "validation" else ("train", "test")


def _split_contents(source: LabelledImages | DetectionSource, class_names: tuple[str, ...]) -> Contents:
    if isinstance(source, DetectionSource):
        targets, offsets = source.annotations.targets, source.annotations.offsets
        image = np.repeat(np.arange(len(source)), np.diff(offsets))
        ignored = ignored_of(source)
        return Contents.of_boxes(source.sizes, image, targets.boxes, targets.labels, ignored, class_names)
    height, width = source.images.shape[-2:]
    sizes = np.tile(np.array([width, height], np.int64), (len(source), 1))
    per_class = count_classes(source.labels.numpy(), class_names)
    return Contents(len(source), per_class, ImageSizes.of(sizes))


def ignored_of(source: DetectionSource) -> NDArray[np.uint8]:
    """Return the `Ignored` of each box; sets whose annotation files say no reason ignore by size alone."""
    if source.whole is not None:
        return source.whole.ignored
    return np.where(source.annotations.targets.ignore, Ignored.SIZE, Ignored.OBJECT).astype(np.uint8)
