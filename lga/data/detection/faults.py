"""What to do about what is wrong in a set's files: refuse the first fault, or leave it out and count it."""

from collections import Counter
from typing import NamedTuple

from lga.structures.annotations import Dropped
from lga.system.errors import UserError
from lga.system.foreign import stays_below

MOST_SAID = 600  # characters of one fault: what a file holds may be quoted in it


class Refused(NamedTuple):
    """One fault that ``raise`` refuses, and what was said of it.

    Attributes:
        what, place: see `Dropped`.
        message: what was found, and what was expected.
    """

    what: str
    place: str
    message: str


class Faults:
    """Collects what is left out or changed while a split is read.

    Args:
        on_error: ``raise`` refuses the first fault, ``skip`` leaves faulty things out and counts them.
        decode: whether each image is decoded beforehand, not its header alone read; None: with ``skip``.
        subset: whether a part of the set is at hand on purpose: images that are not there are no fault.

    Attributes:
        dropped: what was left out or changed, in the order it was met.
        refused: what of it ``raise`` would have refused.
    """

    def __init__(self, on_error: str, decode: bool | None = None, subset: bool = False) -> None:
        self.on_error = on_error
        self.subset = subset
        self.decode = on_error == "skip" if decode is None else decode
        self.dropped: list[Dropped] = []
        self.refused: list[Refused] = []

    def drop(self, what: str, place: str) -> None:
        """Note something that the published files are known to contain, and that is left out or changed."""
        self.dropped.append(Dropped(what, place))

    def refuse(self, what: str, place: str, expected: str) -> None:
        """Raise, or note that it is left out where ``on_error`` is ``skip``.

        Args:
            what: see `Dropped`.
            place: file, and line or id.
            expected: what was found and what should be there, and what to do if it is special.

        Raises:
            UserError: ``on_error`` is ``raise``.
        """
        expected = expected if len(expected) <= MOST_SAID else expected[:MOST_SAID] + "..."
        if self.on_error == "raise":
            raise UserError(
                f"{place}: {expected}; correct it, or set data.on_error=skip to leave such out and count them"
            )
        self._leave_out(Refused(what, place, expected))

    def accepts_path(self, path: str, place: str) -> bool:
        """Return whether a path that a file names stays below its folder; one that does not is refused."""
        accepted = stays_below(path)
        if not accepted:
            expected = f"expected a relative path below the set's folder, found {path[:60]!r}"
            self.refuse("paths that lead elsewhere", place, expected)
        return accepted

    def pass_on(self, what: str, place: str, error: UserError) -> None:
        """Raise an error that was met, or note what is left out for it where ``on_error`` is ``skip``."""
        if self.on_error == "raise":
            raise error
        self._leave_out(Refused(what, place, str(error)))

    def _leave_out(self, refused: Refused) -> None:
        self.dropped.append(Dropped(refused.what, refused.place))
        self.refused.append(refused)

    @property
    def counts(self) -> dict[str, int]:
        """How often each thing was left out or changed."""
        return dict(sorted(Counter(dropped.what for dropped in self.dropped).items()))
