"""The report of an inspection: what the images hold, counted, beside the figures that authors publish.

Axes: N images, M boxes of all of them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.faults import Refused
from lga.data.inspection.leaks import DuplicateBox, Leak
from lga.data.published.split_plan import PublishedCounts, SplitPlan
from lga.structures.annotations import Annotations, Dropped, Ignored

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
UNDER = (8, 16, 20, 32)  # pixels; 20 is TinyPerson's bound of tiny objects, 32 COCO's of small ones


@dataclass(frozen=True)
class ImageSizes:
    """Widths and heights of images, ordered by their number of pixels.

    Attributes:
        smallest, median, largest: width and height.
        counts: number of images of each size, such as ``1920 x 1080``, the most frequent first.
    """

    smallest: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    counts: dict[str, int]

    @classmethod
    def of(cls, sizes: NDArray[np.int64]) -> Self | None:
        """Return the sizes of images, (N, 2), width and height; None of no image."""
        if not len(sizes):
            return None
        ordered = sizes[np.argsort(sizes.prod(1), kind="stable")].tolist()
        smallest, median, largest = ordered[0], ordered[(len(ordered) - 1) // 2], ordered[-1]
        counts = Counter(f"{width} x {height}" for width, height in ordered)
        return cls(tuple(smallest), tuple(median), tuple(largest), dict(counts.most_common()))


@dataclass(frozen=True)
class BoxSizes:
    """Roots of the areas of boxes, in pixels of the files.

    Attributes:
        percentiles: by their percent.
        under: how many are smaller than so many pixels.
    """

    percentiles: dict[int, float]
    under: dict[int, int]

    @classmethod
    def of(cls, roots: NDArray[np.float64]) -> Self | None:
        """Return the sizes of boxes, from the roots of their areas (M,); None of no box."""
        if not len(roots):
            return None
        values = np.percentile(roots, PERCENTILES).round(2).tolist()
        return cls(
            percentiles=dict(zip(PERCENTILES, values, strict=True)),
            under={limit: int((roots < limit).sum()) for limit in UNDER},
        )


def box_roots(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the root of each box's area, (M,), from corners (M, 4) in pixels."""
    extents = boxes[:, 2:].astype(np.float64) - boxes[:, :2]
    roots: NDArray[np.float64] = np.sqrt(extents.prod(1))
    return roots


@dataclass(frozen=True)
class Contents:
    """Counts and sizes.

    Attributes:
        images: number of images.
        per_class: number of objects that count, of images in classification, by class.
        image_sizes: None of no image.
        boxes: number of boxes, those to be ignored too; None in classification, as what follows.
        objects: number of boxes that count.
        without_objects: number of images that have none.
        ignored: number of boxes that do not count, by reason.
        box_sizes: of the boxes that count.
        objects_by_image: number of boxes that count on each image, by its file.
    """

    images: int
    per_class: dict[str, int]
    image_sizes: ImageSizes | None
    boxes: int | None = None
    objects: int | None = None
    without_objects: int | None = None
    ignored: dict[str, int] | None = None
    box_sizes: BoxSizes | None = None
    objects_by_image: dict[str, int] | None = None

    @classmethod
    def of_boxes(cls, table: Annotations, class_names: Sequence[str]) -> Self:
        """Return the contents of a detection set; ``class_names`` in the order of the labels."""
        counts = table.counts
        reasons = {code.words: int((table.ignored == code).sum()) for code in Ignored}
        return cls(
            images=len(table),
            per_class=count_classes(table.labels[counts], class_names),
            image_sizes=ImageSizes.of(table.sizes),
            boxes=len(table.labels),
            objects=reasons.pop(Ignored.OBJECT.words),
            without_objects=len(table) - len(np.unique(table.image[counts])),
            ignored={reason: count for reason, count in reasons.items() if count},
            box_sizes=BoxSizes.of(box_roots(table.boxes[counts])),
            objects_by_image=count_classes(table.image[counts], table.names.tolist()),
        )


def count_classes(labels: NDArray[np.int64], class_names: Sequence[str]) -> dict[str, int]:
    """Return how often each class occurs among labels (M,)."""
    counts = np.bincount(labels, minlength=len(class_names)).tolist()
    return dict(zip(class_names, counts, strict=True))


class Compared(NamedTuple):
    """One published figure and what was found.

    Attributes:
        what: ``images``, ``objects``, ``boxes``, or a class.
        published: according to the authors.
        found: in the files.
        difference: how many more were found than are published.
    """

    what: str
    published: int
    found: int
    difference: int


def compare_counts(contents: Contents, published: PublishedCounts) -> list[Compared]:
    """Return each figure that is published, beside what was found."""
    found_boxes = contents.objects if published.counting == "objects" else contents.boxes
    pairs = [
        ("images", published.images, contents.images),
        ("objects" if published.counting == "objects" else "boxes", published.boxes, found_boxes),
        *zip(contents.per_class, published.per_class or (), contents.per_class.values(), strict=False),
    ]
    return [
        Compared(what, figure, found, found - figure)
        for what, figure, found in pairs
        if figure is not None and found is not None
    ]


class Wrong(NamedTuple):
    """One thing that is wrong with the set.

    Attributes:
        what: in a few words, the same for all of a kind.
        message: where, what was found, and what was expected; one line.
    """

    what: str
    message: str


@dataclass(frozen=True)
class PartReport:
    """One part of a published set, or one split of another.

    Attributes:
        contents: what its good images hold.
        known: what is left out or changed, as the published files are known to contain it.
        refused: what is wrong with the files; left out of ``contents``.
        duplicate_boxes: boxes that stand twice, kept.
        duplicate_images: groups of its images that are of the same content.
        unnamed_images: image files in its folders that the annotations of no part name.
        published: figures of the set's authors beside those found.
    """

    contents: Contents
    known: tuple[Dropped, ...] = ()
    refused: tuple[Refused, ...] = ()
    duplicate_boxes: tuple[DuplicateBox, ...] = ()
    duplicate_images: tuple[tuple[str, ...], ...] = ()
    unnamed_images: tuple[str, ...] = ()
    published: tuple[Compared, ...] = ()


@dataclass(frozen=True)
class Report:
    """All of an inspection.

    Attributes:
        dataset: its name.
        where: folder of its files, or how else they are had.
        checked: in one sentence, how far the files were checked.
        parts: by name.
        splits: the chosen plan; None where there are no plans.
        plans: every plan, by name.
        leaks: what the splits of the chosen plan share.
        manifest: name of each source file, or group of them -> sha256.
        wrong: what is wrong; nothing where the set is as it should be.
    """

    dataset: str
    where: str
    checked: str
    parts: dict[str, PartReport]
    splits: str | None = None
    plans: dict[str, SplitPlan] = field(default_factory=dict)
    leaks: tuple[Leak, ...] = ()
    manifest: dict[str, str] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it, ``ok`` first."""
        return {"ok": not self.wrong, **_plain(asdict(self))}


def _plain(value: Any) -> Any:
    """Return a value with its named tuples as dictionaries, so that JSON keeps their names."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
