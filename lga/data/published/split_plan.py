"""Which parts of a published set are trained on, which select the checkpoint, and which are reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lga.structures.annotations import Ignored

HELD_OUT = "held out of train"


@dataclass(frozen=True)
class SplitPlan:
    """One way of splitting a set, by the names of its parts.

    Attributes:
        train: parts that are trained on, joined.
        val: the part that selects the checkpoint; None holds images out of ``train``, see `held_out`.
        test: the part that is reported; `HELD_OUT` reports what selects.
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
    def parts(self) -> tuple[str, ...]:
        """Its parts, each once."""
        named = (*self.train, self.val or self.test, self.test)
        return tuple(dict.fromkeys(part for part in named if part != HELD_OUT))

    def at_hand(self, there: Callable[[str], bool]) -> "SplitPlan":
        """Return the plan for a set of which parts are missing on purpose.

        What selects is then held out of training, and what is reported is the part that would have selected;
        where there is but one part, one held-out share of it selects and is reported.

        Args:
            there: says whether a part is.
        """
        if all(map(there, self.parts)) or not any(map(there, self.parts)):
            return self
        judging = [part for part in dict.fromkeys((self.test, self.val)) if part and there(part)]
        train = tuple(filter(there, self.train)) or (judging.pop(),)
        test = judging[0] if judging else HELD_OUT
        if self.val == self.test and judging:
            return replace(self, train=train, val=test, test=test)
        val = self.val if self.val in judging and self.val != test else None
        leak = "the images that select the checkpoint are reported" if test == HELD_OUT else None
        return replace(self, train=train, val=val, test=test, leak=leak)

    @property
    def selection(self) -> Literal["validation", "test"]:
        """What a checkpoint is selected on."""
        return "test" if self.test in (self.val, HELD_OUT) else "validation"


def paper_plan(
    train: Sequence[str],
    reported: str,
    who: str = "the paper most likely: its toolchain trains on train and reports the best epoch on val",
    leak: str = "the checkpoint is selected on the images that are reported",
    counted: tuple[Ignored, ...] = (),
) -> SplitPlan:
    """Return the plan of the paper's toolchain, which selects the checkpoint on what it reports."""
    return SplitPlan(tuple(train), reported, reported, who, leak, counted)


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
