"""What sets of one's own share: their name, classes, plan of splits, and the hash that they are known by."""

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from lga.data.detection.index_cache import listing_hash
from lga.data.detection.splits import DetectionSplits
from lga.data.own.folds import folded
from lga.data.published.published_dataset import PublishedDataset
from lga.data.published.split_plan import HELD_OUT, SplitPlan
from lga.system.errors import UserError

NO_TEST = "no test split: validation is judged"
_WORDS = r"data(set)?|obj|annotations?|instances|images|(mini)?train(val)?|voc(devkit)?"
_OF_NO_SET = re.compile(rf"_?({_WORDS})\d*([._-]({_WORDS}|val|test|default|coco|v)?\d*)*", re.I)
_OTHERS = re.compile(r"[^\w.+-]+")


def absolute(path: str) -> Path:
    """Return a path from where the command was started; links stay."""
    return Path(os.path.abspath(path))  # noqa: PTH100, resolve would follow links


def set_name(path: Path) -> str:
    """Return the first name that says something: the file's without suffix, its folder's, the next one's."""
    own = path.name if path.is_dir() else path.stem
    names = [name for name in (own, *(parent.name for parent in path.parents)) if name]
    chosen = next((name for name in names if not _OF_NO_SET.fullmatch(name)), "own")
    return _OTHERS.sub("-", chosen).lstrip("_.+-") or "own"


def checked_names(names: Iterable[str], place: str) -> tuple[str, ...]:
    """Return the names of classes; a UserError where there is none, one is empty, or two are the same."""
    found = tuple(name.strip() for name in names)
    for number, name in enumerate(found):
        if not name:
            raise UserError(f"{place}: class {number} has no name; each class needs one")
        if (first := found.index(name)) != number:
            raise UserError(f"{place}: classes {first} and {number} are both named {name[:60]!r}; rename one")
    if not found:
        raise UserError(f"{place}: names no class; add the classes")
    return found


def check_content(found: str | None, before: str | None, place: object) -> None:
    """Raise a UserError where the files of a set are others than when its run was composed."""
    if before not in (None, found):
        raise UserError(f"{place}: the files have changed; give the command again")


class OwnSet(PublishedDataset):
    """A detection set of one's own.

    Args:
        path: what the user named.
        cache_dir: see `PublishedDataset`, as are ``on_error`` and ``subset``.
        name: of the set; None for `set_name`.
        content_sha256: what `own_content` gave; files that have changed since are refused.
    """

    folder = "."
    key, expected = "path", ""  # of the config, and what it has to name

    def __init__(
        self,
        path: str | None,
        cache_dir: str,
        name: str | None = None,
        on_error: str = "raise",
        subset: bool | None = None,
        content_sha256: str | None = None,
    ) -> None:
        if not path:
            raise UserError(f"set dataset.{self.key}=<{self.expected}>")
        self.place, self.content_sha256 = absolute(path), content_sha256
        folders, self.class_names, parts = self.describe()
        self.name, self.part_names = name or set_name(self.place), tuple(parts)
        val = "val" if "val" in self.part_names else None
        test = "test" if "test" in self.part_names else val or HELD_OUT
        leak = None if test == "test" else f"{NO_TEST}, which selects the checkpoint too"
        self.plans = MappingProxyType({"own": SplitPlan(("train",), val, test, who="its owner", leak=leak)})
        super().__init__(os.path.commonpath(folders), cache_dir, "own", on_error, subset)

    def describe(self) -> tuple[Iterable[Path], tuple[str, ...], Iterable[str]]:
        """Return what all files lie below, the classes, and the parts, of ``train``, ``val``, ``test``."""
        raise NotImplementedError

    def has(self, part: str) -> bool:
        """Return whether the set has the part."""
        return part in self.part_names

    def settings(self) -> tuple[object, ...]:
        """Return the classes, by whose order boxes are labelled."""
        return self.class_names

    def own_content(self) -> str:
        """Return one hash of all that the set's files hold: of images the names and byte sizes."""
        parts = {part: sorted(self.manifest(part).items()) for part in self.part_names}
        return listing_hash({"classes": self.class_names, **parts})

    def __call__(self) -> DetectionSplits:
        """Return the splits; a UserError says what is wrong with the files, or that they have changed."""
        self._check_content()
        splits = super().__call__()
        return replace(splits, dropped={**splits.dropped, NO_TEST: 1}) if self.plan.leak else splits

    def fold(self, number: int, folds: int) -> DetectionSplits:
        """Return all images divided anew, see `folded`; a UserError as above, or where they are too few."""
        self._check_content()
        found = self._joined(self.plan.parts)
        parts, said = folded(np.zeros(len(found), np.int64), [self.name], number, folds)
        splits = self._made(map(found.take_images, parts), "validation")
        return replace(splits, dropped={**splits.dropped, **said})

    def _check_content(self) -> None:
        if self.content_sha256:
            check_content(self.own_content(), self.content_sha256, self.place)
