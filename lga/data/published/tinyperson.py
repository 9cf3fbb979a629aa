"""TinyPerson: people seen from afar, at sea and on land. Yu et al., https://arxiv.org/abs/1912.10664.

Tree, as published: ``tiny_set/{train,test}/`` with the images in sub-folders, ``tiny_set/annotations/*.json``
and ``tiny_set/erase_with_uncertain_dataset``, in ``<data_dir>/TinyPerson``. The toolchain's tree is
``images/{train,test}`` beside ``labels`` there.

The set comes in three variants: ``plain``, without the images of crowds; ``with_dense``, with them;
``erased``, whose training images are painted over where people are to be ignored or uncertain, so that its
annotations know of none. The test images of ``erased`` are those of ``plain``.

What an annotation is flagged with is kept as the reason why it does not count. A logo, a picture of a person,
is marked to be ignored, as all logos of the published files are already. The toolchain knows no such reasons:
some converters to its format make objects of all these, others leave them out. The `paper` protocol leaves
them out. The published files of crops are not read: `lga.data.detection.tiling` cuts as they were cut.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lga.data.detection.faults import Faults
from lga.data.published.formats.coco_json import CocoAnnotation, crowds, read_coco
from lga.data.published.published_dataset import PartFiles
from lga.data.published.split_plan import PublishedCounts, SplitPlan, paper_plan
from lga.data.published.tiled_dataset import TiledDataset
from lga.structures.annotations import Annotations, Ignored
from lga.system.errors import UserError

_ERASED = "tiny_set/erase_with_uncertain_dataset"
_SOURCE = "tables of the set's repository, less what the variant leaves out"
_VIDEO = re.compile(r"(V\d+)_I\d+")  # of frame V0032_I0001640

_ANNOTATIONS = "tiny_set/annotations/tiny_set"
PARTS = MappingProxyType(  # annotation file and image folder of each
    {
        "train": (f"{_ANNOTATIONS}_train.json", "tiny_set/train"),
        "test": (f"{_ANNOTATIONS}_test.json", "tiny_set/test"),
        "train_with_dense": (f"{_ANNOTATIONS}_train_with_dense.json", "tiny_set/train"),
        "test_with_dense": (f"{_ANNOTATIONS}_test_with_dense.json", "tiny_set/test"),
        "train_erased": (f"{_ERASED}/annotations/tiny_set_train.json", f"{_ERASED}/train"),
    }
)
VARIANTS: Mapping[str, Mapping[str, str]] = MappingProxyType(  # the part that takes the place of a plan's
    {
        "plain": {},
        "with_dense": {"train": "train_with_dense", "test": "test_with_dense"},
        "erased": {"train": "train_erased"},
    }
)


class TinyPersonReader(TiledDataset):
    """Reads TinyPerson.

    Args:
        data_dir, cache_dir, splits, on_error, subset, tiling: see `TiledDataset`.
        variant: ``plain``, ``with_dense`` or ``erased``.
    """

    name = "tinyperson"
    folder = "TinyPerson"
    class_names = ("sea_person", "earth_person")
    part_names = tuple(PARTS)
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("train",),
                None,
                "test",
                who="the benchmark's; videos held out of training select the checkpoint",
            ),
            "paper": paper_plan(
                ["train"],
                "test",
                "the paper most likely: its toolchain reports the best epoch, and there is no other part",
            ),
        }
    )
    published = MappingProxyType(
        {
            "train": PublishedCounts(746, 18_433, "objects", source=_SOURCE),
            "test": PublishedCounts(786, 13_787, "objects", source=_SOURCE),
            "train_with_dense": PublishedCounts(794, 42_197, "all", source=_SOURCE),
            "test_with_dense": PublishedCounts(816, 30_454, "all", source=_SOURCE),
            "train_erased": PublishedCounts(746, 18_433, "all", source=_SOURCE),
        }
    )

    def __init__(
        self,
        data_dir: str | Path,
        cache_dir: str | Path,
        splits: str = "official",
        on_error: str = "raise",
        subset: bool | None = None,
        tiling: Mapping[str, Any] | None = None,
        variant: str = "plain",
    ) -> None:
        super().__init__(data_dir, cache_dir, splits, on_error, subset, tiling)
        if variant not in VARIANTS:
            raise UserError(f"variant={variant!r} is unknown: choose one of {', '.join(VARIANTS)}")
        self.chosen = _of_variant(self.chosen, VARIANTS[variant])

    def has(self, part: str) -> bool:
        """Return whether the part's annotations are there."""
        return (self.root / PARTS[part][0]).is_file()

    def files(self, part: str) -> PartFiles:
        """Return the annotation file of a part and its image folder."""
        annotations, images = (self.root / place for place in PARTS[part])
        self.require(annotations, f"unpack TinyPerson's tiny_set into {self.root}")
        self.require(images, f"unpack TinyPerson's {images.name}.tar.gz so that it is there")
        return PartFiles([annotations], images)

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of the annotation file."""
        place, folder = PARTS[part]
        labels = {name: label for label, name in enumerate(self.class_names)}
        return read_coco(files.annotations[0], place, faults, labels, folder, why_ignored)

    def group_of(self, name: str) -> str:
        """Return the video that an image is a frame of, or its own name."""
        video = _VIDEO.search(name)
        return video[1] if video else name


def why_ignored(annotation: CocoAnnotation) -> Ignored:
    """Return why a box does not count; of several reasons, the first of these."""
    if annotation.ignore or annotation.logo:
        return Ignored.MARKED
    if annotation.uncertain:
        return Ignored.UNCERTAIN
    return Ignored.DENSE if annotation.in_dense_image else crowds(annotation)


def _of_variant(plan: SplitPlan, variant: Mapping[str, str]) -> SplitPlan:
    val = None if plan.val is None else variant.get(plan.val, plan.val)
    train = tuple(variant.get(part, part) for part in plan.train)
    return replace(plan, train=train, val=val, test=variant.get(plan.test, plan.test))
