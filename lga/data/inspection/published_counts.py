"""Holds the counts that were found against those that a set's authors publish."""

from dataclasses import dataclass

from lga.data.inspection.contents import Contents
from lga.data.published.split_plan import PublishedCounts


@dataclass(frozen=True)
class Compared:
    """One published figure and what was found.

    Attributes:
        what: ``images``, ``objects``, ``boxes``, or a class.
        published: according to the authors.
        found: in the files.
    """

    what: str
    published: int
    found: int

    @property
    def difference(self) -> int:
        """How many more were found than are published."""
        return self.found - self.published


def compare_counts(contents: Contents, published: PublishedCounts) -> list[Compared]:
    """Return each figure that is published, beside what was found."""
    found_boxes = contents.objects if published.counting == "objects" else contents.boxes
    pairs = [
        ("images", published.images, contents.images),
        ("objects" if published.counting == "objects" else "boxes", published.boxes, found_boxes),
        *zip(contents.per_class, published.per_class or (), contents.per_class.values(), strict=False),
    ]
    return [
        Compared(what, figure, found)
        for what, figure, found in pairs
        if figure is not None and found is not None
    ]
