"""Images that two splits of a plan share, by file, content, name or group; boxes that stand twice.

A plan that says in its `SplitPlan.leak` what is seen before it is reported may share whole parts and groups
between its splits; files of other parts that are alike are never meant. Only files of equal byte size and
equal last bytes are read whole, so that a set of 20 GB is not.

Axes: M boxes.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lga.data.published.split_plan import HELD_OUT, SplitPlan, held_out
from lga.structures.annotations import Annotations
from lga.system.foreign import opened, sha256_of
from lga.system.progress import Track, untracked

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Leak:
    """What two splits share in one way.

    Attributes:
        splits: the two.
        how: ``same file``, ``same content``, ``same name`` or ``same group``.
        declared: whether the plan says so itself.
        count: number of files, pairs of files, or groups.
        shared: each of them: a file, the two files, or the group and a file of either split.
    """

    splits: tuple[str, str]
    how: str
    declared: bool
    count: int
    shared: list[tuple[str, ...]]


class Likeness(NamedTuple):
    """What makes two images alike: an equal value for both, where there is one."""

    content: Mapping[str, int]  # by name; a file that is like no other is missing
    file_name: Mapping[str, str]  # within its image folder
    group_of: Callable[[str], str]  # what an image must not come apart from


def split_names(
    plan: SplitPlan, names: Callable[[str], Sequence[str]], group_of: Callable[[str], str]
) -> dict[str, list[str]]:
    """Return the images of each split of a plan.

    Args:
        plan: says which parts make which split.
        names: gives the images of a part.
        group_of: see `Likeness`.
    """
    train = [name for part in plan.train for name in names(part)]
    if plan.val is not None:
        return {"train": train, "val": list(names(plan.val)), "test": list(names(plan.test))}
    selects = held_out([group_of(name) for name in train])
    val = [name for name, selected in zip(train, selects, strict=True) if selected]
    fitting = [name for name, selected in zip(train, selects, strict=True) if not selected]
    return {"train": fitting, "val": val, "test": val if plan.test == HELD_OUT else list(names(plan.test))}


def find_leaks(plan: SplitPlan, splits: Mapping[str, Sequence[str]], likeness: Likeness) -> list[Leak]:
    """Return what each two of the splits (by name: their images) share.

    Where validation is the test split itself, what training shares with it is reported once.
    """
    found = []
    for first, second in combinations(SPLITS, 2):
        if plan.selection == "test" and (first, second) == ("train", "val"):
            continue
        for how, shared in _shared(splits[first], splits[second], likeness).items():
            if shared:
                declared = plan.leak is not None and how in ("same file", "same group")
                found.append(Leak((first, second), how, declared, len(shared), shared))
    return found


def _shared(
    first: Sequence[str], second: Sequence[str], likeness: Likeness
) -> dict[str, list[tuple[str, ...]]]:
    """Return what two splits share, by how; a pair that is alike in several ways counts as the first."""
    files = set(first) & set(second)
    first = [name for name in first if name not in files]
    second = [name for name in second if name not in files]
    content = dict.fromkeys(_pairs(first, second, likeness.content.get))
    same_name = _pairs(first, second, likeness.file_name.get)
    groups = {likeness.group_of(a): (a, b) for a, b in _pairs(first, second, likeness.group_of)}
    return {
        "same file": [(name,) for name in sorted(files)],
        "same content": list(content),
        "same name": [pair for pair in same_name if pair not in content],
        "same group": [(group, *pair) for group, pair in sorted(groups.items())],
    }


def _pairs(
    first: Sequence[str], second: Sequence[str], key: Callable[[str], object]
) -> list[tuple[str, str]]:
    """Return for each image of ``second`` whose key one of ``first`` has too, that one and it."""
    keys = {key(name): name for name in reversed(first)}
    alike = ((keys.get(key(name)), name) for name in second if key(name) is not None)
    return [(other, name) for other, name in alike if other is not None]


TAIL = 4096  # bytes; the end of a compressed image depends on all of it


def duplicate_images(root: Path, byte_sizes: Mapping[str, int], track: Track = untracked) -> list[list[str]]:
    """Return the groups of files that are alike, names and groups in alphabetical order.

    Args:
        root: that names are relative to.
        byte_sizes: of each file, by name.
        track: shows how far it is.
    """
    sized = _alike(byte_sizes, lambda name: byte_sizes[name])
    candidates = [name for group in sized for name in group]
    tails = {name: _tail(root / name) for name in track(candidates, "files of equal size compared")}
    ended = [group for same_size in sized for group in _alike(same_size, lambda name: tails[name])]
    hashes = {name: sha256_of(root / name) for group in ended for name in group}
    return sorted(group for same_end in ended for group in _alike(same_end, lambda name: hashes[name]))


def _alike(names: Iterable[str], key: Callable[[str], object]) -> list[list[str]]:
    """Return the groups, of two names at least, for which the key is the same."""
    groups: dict[object, list[str]] = {}
    for name in sorted(names):
        groups.setdefault(key(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _tail(path: Path) -> bytes:
    with opened(path) as file:
        file.seek(max(0, path.stat().st_size - TAIL), os.SEEK_SET)
        return hashlib.sha256(file.read()).digest()


class DuplicateBox(NamedTuple):
    """A box that has been written before.

    Attributes:
        place: file, and line or id.
        first: where it stands first.
    """

    place: str
    first: str


def duplicate_boxes(written: Annotations) -> list[DuplicateBox]:
    """Return every box but the first of those that are alike, in their order."""
    rows = np.column_stack((written.image, written.boxes, written.labels, written.ignored))  # (M, 7)
    _, firsts, kinds = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    first = firsts[kinds.reshape(-1)]
    repeated = np.flatnonzero(first != np.arange(len(rows)))
    return [DuplicateBox(written.place(box), written.place(first[box])) for box in repeated.tolist()]
