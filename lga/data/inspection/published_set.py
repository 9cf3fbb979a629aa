"""Inspects a published detection set by its parts, and a set of a reader's own splits, as MNIST, by these.

Everything is parsed and checked again, whatever indexes are kept. Of a published set faults are collected and
left out of the counts; another reader's first fault ends it, and is reported. Reported and not wrong: known
faults of published files, boxes that stand twice, images that no annotation names, leaks that the plan
declares, and of a subset what is missing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lga.data.classification.labelled_images import LabelledImages
from lga.data.detection.faults import Faults, Refused
from lga.data.detection.splits import DetectionSource
from lga.data.inspection.leaks import (
    Leak,
    Likeness,
    duplicate_boxes,
    duplicate_images,
    find_leaks,
    split_names,
)
from lga.data.inspection.report import (
    Contents,
    ImageSizes,
    PartReport,
    Report,
    Wrong,
    compare_counts,
    count_classes,
)
from lga.data.loading.splits import Splits
from lga.data.published.published_dataset import PartRead, PublishedDataset
from lga.data.published.split_plan import PublishedCounts
from lga.data.published.toolchain_tree import IMAGE_SUFFIXES
from lga.system.errors import UserError
from lga.system.progress import Track, untracked

SHOWN = 5  # of images that are alike
PART = "parts that cannot be read"
COUNTS = "counts that differ from the published ones"
TWICE = "images that stand twice in a part"
LEAKS = "images that two splits share"


def verdict(
    unreadable: Mapping[str, str],
    parts: Mapping[str, PartReport],
    leaks: Sequence[Leak],
    plan: str,
    subset: bool = False,
) -> Iterator[Wrong]:
    """Yield everything that is wrong.

    Args:
        unreadable: why a part cannot be read, by part.
        parts: those that can.
        leaks: between the splits of the chosen plan.
        plan: its name.
        subset: whether fewer images than published are meant.
    """
    for part, reason in unreadable.items():
        yield Wrong(PART, f"{part}: {reason}")
    for part, report in parts.items():
        for refused in report.refused:
            yield Wrong(refused.what, f"{refused.place}: {refused.message}")
        for figure in report.published:
            if figure.difference > 0 or (figure.difference < 0 and not (subset and report.contents.images)):
                found, published = f"{figure.found:,}", f"{figure.published:,}"
                message = f"{found} found, {published} published, differs by {figure.difference:+,}"
                yield Wrong(COUNTS, f"{part}, {figure.what}: {message}")
        for group in report.duplicate_images:
            yield Wrong(TWICE, f"{part}: the same content: {_some(group)}")
    for leak in leaks:
        if not leak.declared:
            for shared in leak.shared:
                between = f"{leak.splits[0]} and {leak.splits[1]} of {plan}"
                yield Wrong(LEAKS, f"{between}, {leak.how}: {', '.join(shared)}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


class PublishedInspection:
    """The inspection of one set.

    Args:
        reader: made with ``on_error="skip"``, so that it collects faults.
        decode: whether each image is decoded, not its header alone read.
        track: shows how far it is.

    Attributes:
        read: what the parts that can be read say.
        refused: what is wrong with each of them.
        unreadable: why the others cannot be read.
    """

    def __init__(self, reader: PublishedDataset, decode: bool, track: Track = untracked) -> None:
        self.reader = reader
        self.decode = decode
        self.track = track
        self.read: dict[str, PartRead] = {}
        self.refused: dict[str, tuple[Refused, ...]] = {}
        self.unreadable: dict[str, str] = {}
        for part in reader.used:  # no other one is judged
            faults = Faults("skip", decode, reader.subset)
            try:
                self.read[part] = reader.read(part, faults, track)
            except UserError as error:
                self.unreadable[part] = str(error)
            self.refused[part] = tuple(faults.refused)

    def report(self) -> Report:
        """Return the whole report."""
        reader = self.reader
        read = self.read.values()
        sizes = {name: part.present[name] for part in read for name in part.index.names.tolist()}
        alike = duplicate_images(reader.root, sizes, self.track)
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
            manifest={key: value for found in manifest for key, value in found.items()},
            wrong=tuple(verdict(self.unreadable, parts, leaks, reader.splits, reader.subset)),
        )

    def _part(self, part: str, alike: Sequence[Sequence[str]]) -> PartReport:
        read = self.read[part]
        written, refused = read.index, self.refused[part]
        contents = Contents.of_boxes(read.index, self.reader.class_names)
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
            published=tuple(compare_counts(contents, self.reader.published.get(part, PublishedCounts()))),
        )

    def _unnamed(self, read: PartRead) -> tuple[str, ...]:
        named = frozenset[str]().union(*(part.named for part in self.read.values()))
        found = (name for name in read.present if Path(name).suffix.lower() in IMAGE_SUFFIXES)
        return tuple(sorted(name for name in found if name not in named))

    def _leaks(self, alike: Sequence[Sequence[str]]) -> list[Leak]:
        def names(name: str) -> list[str]:
            read = [self.read[part] for part in self.reader.members(name) if part in self.read]
            return [image for part in read for image in part.index.names.tolist()]

        reader = self.reader
        content = {name: number for number, group in enumerate(alike) for name in group}
        likeness = Likeness(content, _file_names(reader.root, self.read), reader.group_of)
        return find_leaks(reader.plan, split_names(reader.plan, names, reader.group_of), likeness)


def _file_names(root: Path, read: Mapping[str, PartRead]) -> dict[str, str]:
    """Return the name of each image within its image folder."""
    found = {}
    for part in read.values():
        folder = part.files.image_folder.relative_to(root).as_posix() + "/"
        found.update({name: name.removeprefix(folder) for name in part.index.names.tolist()})
    return found


def inspect_splits(
    dataset: str, where: str, checked: str, class_names: tuple[str, ...], reader: Callable[[], Splits[Any]]
) -> tuple[Report, Splits[Any] | None]:
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
        parts = {
            name: PartReport(_split_contents(getattr(splits, name), class_names))
            for name in distinct_splits(splits)
        }
    except UserError as error:
        wrong = (Wrong("files that cannot be read", str(error)),)
        return Report(dataset, where, f"{checked}, up to what is wrong", {}, wrong=wrong), None
    return Report(dataset, where, checked, parts, manifest=splits.manifest), splits


def distinct_splits(splits: Splits[Any]) -> tuple[str, ...]:
    """Return the names of the splits that are not the same images."""
    return ("train", "val", "test") if splits.selection == "validation" else ("train", "test")


def _split_contents(source: LabelledImages | DetectionSource, class_names: tuple[str, ...]) -> Contents:
    if isinstance(source, DetectionSource):
        return Contents.of_boxes(source.annotations, class_names)
    sizes = source.sizes()
    per_class = count_classes(source.labels.numpy(), class_names)
    return Contents(len(source), per_class, ImageSizes.of(sizes))
