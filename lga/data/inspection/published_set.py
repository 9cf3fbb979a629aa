"""Inspects a published detection set: every part that is there, and the splits of the chosen plan.

Everything is parsed and checked anew, whatever indexes are kept. Faults are collected, none ends the
inspection; what is faulty is left out of the counts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lga.data.detection.faults import Faults, Refused
from lga.data.detection.split_index import SplitIndex
from lga.data.detection.watching import Watch, unwatched
from lga.data.inspection.contents import Contents
from lga.data.inspection.duplicate_boxes import duplicate_boxes
from lga.data.inspection.duplicate_images import duplicate_images
from lga.data.inspection.leaks import Leak, Likeness, find_leaks, split_names
from lga.data.inspection.published_counts import Compared, compare_counts
from lga.data.inspection.report import PartReport, Report
from lga.data.inspection.verdict import verdict
from lga.data.published.published_dataset import PartRead, PublishedDataset
from lga.data.published.split_plan import PublishedCounts
from lga.data.published.toolchain_tree import IMAGE_SUFFIXES
from lga.system.errors import UserError


class PublishedInspection:
    """The inspection of one set.

    Args:
        reader: made with ``on_error="skip"``, so that it collects faults.
        decode: whether each image is decoded, not its header alone read.
        watch: sees how far it is.

    Attributes:
        read: what the parts that can be read say.
        refused: what is wrong with each of them.
        unreadable: why the others cannot be read.
    """

    def __init__(self, reader: PublishedDataset, decode: bool, watch: Watch = unwatched) -> None:
        self.reader = reader
        self.decode = decode
        self.watch = watch
        self.read: dict[str, PartRead] = {}
        self.refused: dict[str, tuple[Refused, ...]] = {}
        self.unreadable: dict[str, str] = {}
        for part in self._wanted():
            faults = Faults("skip", decode)
            try:
                self.read[part] = reader.read(part, faults, watch)
            except UserError as error:
                self.unreadable[part] = str(error)
            self.refused[part] = tuple(faults.refused)

    def report(self) -> Report:
        """Return all that is to be told."""
        reader = self.reader
        alike = duplicate_images(reader.root, self._byte_sizes(), self.watch)
        parts = {part: self._part(part, alike) for part in self.read}
        leaks = tuple(self._leaks(alike))
        manifest = [reader.manifest(part) for part in self.read]
        return Report(
            dataset=reader.name,
            where=str(reader.root),
            checked=f"every image's {'pixels decoded' if self.decode else 'header read'}, every box checked",
            parts=parts,
            splits=reader.splits,
            plans=dict(reader.plans),
            leaks=leaks,
            missing=tuple(part for part in reader.part_names if part not in self._wanted()),
            manifest={key: value for found in manifest for key, value in found.items()},
            wrong=tuple(verdict(self.unreadable, parts, leaks, reader.splits)),
        )

    def _wanted(self) -> list[str]:
        """Return the parts that are there or that the chosen plan needs."""
        plan, there = self.reader.plan, self.reader.parts
        needed = {
            part for name in (*plan.train, plan.val or plan.test, plan.test) for part in self._members(name)
        }
        return [part for part in self.reader.part_names if part in there or part in needed]

    def _members(self, name: str) -> Sequence[str]:
        return self.reader.unions.get(name, (name,))

    def _part(self, part: str, alike: Sequence[Sequence[str]]) -> PartReport:
        read = self.read[part]
        written, refused = read.index.written, self.refused[part]
        contents = _contents(read.index, self.reader.class_names)
        wrong = {(fault.what, fault.place) for fault in refused}
        names = set(written.names.tolist())
        twice = [tuple(name for name in group if name in names) for group in alike]
        return PartReport(
            contents=contents,
            known=tuple(dropped for dropped in read.index.dropped if dropped not in wrong),
            refused=refused,
            duplicate_boxes=tuple(duplicate_boxes(written)),
            duplicate_images=tuple(group for group in twice if len(group) > 1),
            unnamed_images=self._unnamed(read),
            published=self._published(part, contents),
        )

    def _published(self, part: str, contents: Contents) -> tuple[Compared, ...]:
        published = self.reader.published.get(part, PublishedCounts())
        return tuple(compare_counts(contents, published))

    def _unnamed(self, read: PartRead) -> tuple[str, ...]:
        named = frozenset[str]().union(*(part.named for part in self.read.values()))
        found = (name for name in read.present if Path(name).suffix.lower() in IMAGE_SUFFIXES)
        return tuple(sorted(name for name in found if name not in named))

    def _byte_sizes(self) -> dict[str, int]:
        return {
            name: read.present[name]
            for read in self.read.values()
            for name in read.index.written.names.tolist()
        }

    def _leaks(self, alike: Sequence[Sequence[str]]) -> list[Leak]:
        def names(name: str) -> list[str]:
            read = [self.read[part] for part in self._members(name) if part in self.read]
            return [image for part in read for image in part.index.written.names.tolist()]

        reader = self.reader
        likeness = Likeness(
            content={name: number for number, group in enumerate(alike) for name in group},
            file_name=_file_names(reader.root, self.read),
            group_of=reader.group_of,
        )
        return find_leaks(reader.plan, split_names(reader.plan, names, reader.group_of), likeness)


def _contents(index: SplitIndex, class_names: Sequence[str]) -> Contents:
    w = index.written
    return Contents.of_boxes(w.sizes, w.image, w.boxes, w.labels, w.ignored, class_names)


def _file_names(root: Path, read: Mapping[str, PartRead]) -> dict[str, str]:
    """Return the name of each image within its image folder."""
    found = {}
    for part in read.values():
        folders = [folder.relative_to(root).as_posix() + "/" for folder in part.files.image_folders]
        for name in part.index.written.names.tolist():
            inside = [name.removeprefix(folder) for folder in folders if name.startswith(folder)]
            found[name] = min(inside, key=len, default=name)
    return found
