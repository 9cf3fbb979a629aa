"""Which parts of a published set are trained on, which select the checkpoint, and which are reported."""

from dataclasses import dataclass
from typing import Literal

from lga.structures.annotations import Ignored


@dataclass(frozen=True)
class SplitPlan:
    """One way of splitting a set, by the names of its parts.

    Attributes:
        train: parts that are trained on, joined.
        val: the part that selects the checkpoint; None holds images out of ``train``, see `held_out`.
        test: the part that is reported.
        who: who uses this split, and the source.
        leak: in one sentence, what was seen before it is reported; None where nothing was.
        counted: what the set marks as not to count, and this use of it counts as objects all the same. The
            set's own protocol knows nothing of it.
    """

    train: tuple[str, ...]
    val: str | None
    test: str
    who: str
    leak: str | None = None
    counted: tuple[Ignored, ...] = ()

    @property
    def selection(self) -> Literal["validation", "test"]:
        """What a checkpoint is selected on."""
        return "test" if self.val == self.test else "validation"


@dataclass(frozen=True)
class PublishedCounts:
    """What a part holds according to its authors; None where it is not known.

    Attributes:
        images: number of images.
        boxes: number of boxes, in the sense of ``counting``.
        counting: which boxes, such as ``objects`` (those that count) or ``all``.
        per_class: number of objects of each class, in the order of the labels.
        source: where the figures are published.
    """

    images: int | None = None
    boxes: int | None = None
    counting: Literal["objects", "all"] = "objects"
    per_class: tuple[int, ...] | None = None
    source: str = ""


HELD_OUT_EVERY = 12


def held_out(groups: list[str]) -> list[bool]:
    """Return which images are held out of training to select the checkpoint.

    Groups (images of one video, say, never come apart) are taken in the order of their names, and every
    twelfth is held out; of fewer than twelve, the last.

    Args:
        groups: of each image.

    """
    names = sorted(set(groups))
    chosen = set(names[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY] or names[-1:])
    return [group in chosen for group in groups]
