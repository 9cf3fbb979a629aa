"""What all readers of published detection sets share: parts, plans of splits, the kept index, and its checks.

A reader says where the files of a part lie and parses them; this class checks what was parsed, keeps it as an
index, and makes splits of parts. Where the published files of a part are missing, the tree that the paper's
toolchain makes of the set is read instead, see `lga.data.published.toolchain_tree`.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from lga.data.detection.checks import check_boxes, check_images
from lga.data.detection.faults import Faults
from lga.data.detection.image_stores import FileImages
from lga.data.detection.index_cache import cached_index, content_hash, listing, listing_hash
from lga.data.detection.splits import DetectionSource, DetectionSplits
from lga.data.published.split_plan import HELD_OUT, PublishedCounts, SplitPlan, held_out
from lga.data.published.toolchain_tree import label_files, label_folder, parse_toolchain_tree
from lga.structures.annotations import Annotations
from lga.system.errors import UserError
from lga.system.progress import Track, untracked

log = logging.getLogger("lga")


@dataclass(frozen=True)
class PartFiles:
    """The files of one part of a set.

    Attributes:
        annotations: annotation files, sorted; all exist.
        image_folder: holds the part's images, in sub-folders too.
    """

    annotations: Sequence[Path]
    image_folder: Path


@dataclass(frozen=True)
class PartRead:
    """What the files of a part say.

    Attributes:
        index: its good images and boxes.
        files: that were read.
        named: all images that the annotations name.
        present: byte size of each file in the image folders, by name.
    """

    index: Annotations
    files: PartFiles
    named: frozenset[str]
    present: dict[str, int]


class PublishedDataset:
    """A reader of a set in its published form; calling it gives `DetectionSplits`.

    Args:
        data_dir: the set's folder lies in it.
        cache_dir: indexes, and images that are cut from others, are kept in it.
        splits: name of one of `plans`.
        on_error: ``raise`` or ``skip``, see `lga.data.detection.faults`.
        subset: whether a part of the set is at hand on purpose: parts and images that are not there are left
            out and counted, see `SplitPlan.at_hand`.
    """

    name: str
    folder: str  # in data_dir
    class_names: tuple[str, ...]
    part_names: tuple[str, ...]
    plans: Mapping[str, SplitPlan]
    unions: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # names, for plans, of several parts together
    published: ClassVar[Mapping[str, PublishedCounts]] = {}  # by part
    known_faults: ClassVar[Sequence[str]] = ()  # of boxes in the published files, see `check_boxes`
    toolchain_images: ClassVar[Mapping[str, str]] = {}  # part -> image folder in the toolchain's tree

    def __init__(
        self,
        data_dir: str | Path,
        cache_dir: str | Path,
        splits: str = "official",
        on_error: str = "raise",
        subset: bool | None = None,
    ) -> None:
        self.data_dir = Path(data_dir)
        self.cache_dir = Path(cache_dir)
        self.on_error = on_error
        self.subset = bool(subset)
        if splits not in self.plans:
            raise UserError(f"splits={splits!r} is unknown: choose one of {', '.join(self.plans)}")
        self.chosen = self.plans[splits]
        self.splits = splits
        # Once a reader: of a large set 118,000 files are listed, and half a gigabyte is hashed.
        self._index, self._manifest = cache(self._read_index), cache(self._read_manifest)

    @property
    def root(self) -> Path:
        """The set's folder, that all names are relative to."""
        return self.data_dir / self.folder

    def has(self, part: str) -> bool:
        """Return whether the published files of a part seem to be there; a set may have none."""
        return False

    def files(self, part: str) -> PartFiles:
        """Return the published files of a part; a UserError says what is missing and where to put it."""
        images = self.root / self.toolchain_images.get(part, "images/" + part)
        raise UserError(
            f"{images}: not there; put the images there, and their label files into its twin labels/"
        )

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return what the published files say, names relative to `root`; never called of a set without."""
        raise NotImplementedError

    def present(self, part: str, files: PartFiles) -> dict[str, int]:
        """Return byte sizes of the part's images, by name."""
        return listing(self.root, files.image_folder)

    def require(self, path: Path, advice: str) -> Path:
        """Return the path of something that is needed; a UserError with advice where it is not there."""
        if not path.exists():
            raise UserError(f"{path}: not there; {advice}")
        return path

    def group_of(self, name: str) -> str:
        """Return what must not come apart when images are held out: here each image is its own."""
        return name

    def settings(self) -> tuple[object, ...]:
        """Return what `parse` depends on beside the files and `on_error`."""
        return ()

    def prepare(self, source: DetectionSource) -> DetectionSource:
        """Return the split as networks see it: a reader that cuts images into tiles does it here."""
        return source

    @property
    def plan(self) -> SplitPlan:
        """The chosen plan; of a subset, with the parts that are there."""
        return self.chosen.at_hand(lambda part: bool(self.members(part))) if self.subset else self.chosen

    def members(self, part: str) -> tuple[str, ...]:
        """Return the parts that a union joins, or the part itself; of a subset, those that are there."""
        members, there = self.unions.get(part, (part,)), self.parts if self.subset else self.part_names
        return tuple(member for member in members if member in there)

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the parts that the plan uses; of a subset, of those that are there."""
        found = {member for part in self.plan.parts for member in self.members(part)}
        return tuple(part for part in self.part_names if part in found)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts that are there, in either tree."""
        return tuple(part for part in self.part_names if self.has(part) or self._toolchain_folder(part))

    def index(self, part: str) -> Annotations:
        """Return the checked index of a part or a union: parsed at first use, then kept on disk."""
        return Annotations.join([self._index(member) for member in self.members(part)])

    def read(self, part: str, faults: Faults, track: Track = untracked) -> PartRead:
        """Return what the files of a part say now, whatever index is kept.

        Args:
            part: of `part_names`.
            faults: says what to do about what is wrong, and keeps it.
            track: shows how many of the images are read.

        Raises:
            UserError: files are missing, or something is wrong and ``faults`` refuses.
        """
        files, folder = self._files(part), self._toolchain_folder(part)
        if folder:
            written = parse_toolchain_tree(self.root, folder, faults)
        else:
            written = self.parse(part, files, faults)
        named, present = frozenset(written.names.tolist()), self.present(part, files)
        written = check_images(self.root, written, present, faults, track)
        written = check_boxes(written, len(self.class_names), faults, self.known_faults)
        index = replace(written.with_areas(), dropped=tuple(faults.dropped))
        return PartRead(index, files, named, present)

    def manifest(self, part: str) -> dict[str, str]:
        """Return sha256 of the part's annotations, and of names and sizes of its images."""
        members = [self._manifest(member) for member in self.members(part)]
        return {key: value for found in members for key, value in found.items()}

    def __call__(self) -> DetectionSplits:
        """Return the splits of the chosen plan.

        Raises:
            UserError: a part is missing or wrong; the message says which file, and what to do.
        """
        plan = self.plan
        if plan.leak:
            log.warning("%s, splits %s: %s", self.name, self.splits, plan.leak)
        self._say_what_is_at_hand(plan)
        fitting = self._joined(plan.train)
        if plan.val is None:
            selects = np.array(held_out([self.group_of(str(name)) for name in fitting.names]), bool)
            selecting, fitting = fitting.take_images(selects), fitting.take_images(~selects)
        else:
            selecting = self._joined((plan.val,))
        tested = selecting if plan.test == HELD_OUT else self._joined((plan.test,))
        return self._made((fitting, selecting, tested), plan.selection)

    def _made(self, tables: Iterable[Annotations], selection: str) -> DetectionSplits:
        """Return the splits that have these images and boxes: train, val and test."""
        train, val, test = map(self._source, tables, ("train", "val", "test"))
        manifest = {key: value for part in self.plan.parts for key, value in self.manifest(part).items()}
        return DetectionSplits(train, val, test, manifest, selection, self._dropped(self.plan))

    def _joined(self, parts: Sequence[str]) -> Annotations:
        """Return the index of several parts; a UserError where they hold no image at all."""
        found = Annotations.join([self.index(part) for part in parts])
        if not len(found):
            members = [member for part in parts for member in self.members(part)]
            folders = dict.fromkeys(str(self._files(member).image_folder) for member in members)
            raise UserError(
                f"{self.name} {', '.join(parts)}: no annotated image in {', '.join(folders)}; unpack it "
                "there, or leave the part away and set data.subset=true"
            )
        return found

    def _say_what_is_at_hand(self, plan: SplitPlan) -> None:
        """Log which part of the published images is there."""
        if plan != self.chosen:
            what = f"train {', '.join(plan.train)}; val {plan.val or HELD_OUT}; test {plan.test}"
            log.warning("%s, a subset: splits %s become %s", self.name, self.splits, what)
        for part in plan.parts:
            published, found = self.published.get(part, PublishedCounts()).images or 0, len(self.index(part))
            if found < published:
                meant = "" if self.subset else "; if that is on purpose, data.subset=true says so"
                log.warning("%s %s: %d of %d published images%s", self.name, part, found, published, meant)

    def _source(self, index: Annotations, split: str) -> DetectionSource:
        images = FileImages(self.root, index.names, index.sizes)
        return self.prepare(DetectionSource(images, index, f"{self.name} {split}", self.plan.counted))

    def _dropped(self, plan: SplitPlan) -> dict[str, int]:
        """Return how often each thing was left out of the parts, and which parts were."""
        found = [f"{part}: {dropped.what}" for part in plan.parts for dropped in self.index(part).dropped]
        missing = [f"{part}: not at hand" for part in self.chosen.parts if part not in plan.parts]
        return dict(Counter(found + missing))

    def _toolchain_folder(self, part: str) -> Path | None:
        """Return the part's image folder in the toolchain's tree, if that is to be read."""
        folder = self.root / self.toolchain_images.get(part, "images/" + part)
        return folder if not self.has(part) and folder.is_dir() and label_folder(folder).is_dir() else None

    def _files(self, part: str) -> PartFiles:
        folder = self._toolchain_folder(part)
        return PartFiles(label_files(folder), folder) if folder else self.files(part)

    def _read_manifest(self, part: str) -> dict[str, str]:
        files = self._files(part)
        return {
            f"{part} annotations": content_hash(self.root, files.annotations),
            f"{part} images, names and byte sizes": listing_hash(self.present(part, files)),
        }

    def _read_index(self, part: str) -> Annotations:
        how = type(self).__qualname__, part, self.on_error, self.subset, self.settings()
        key = (*how, self._toolchain_folder(part) is not None, sorted(self.manifest(part).items()))
        return cached_index(
            self.cache_dir,
            f"{self.name}-{part}",
            key,
            lambda: self.read(part, Faults(self.on_error, subset=self.subset)).index,
        )
