"""COCO minitrain: 25,000 images of COCO's train2017 chosen to have its statistics, reported on val2017.

Source: Samet et al., https://github.com/giddyyupp/coco-minitrain. Two trees:

- ``<data_dir>/coco_minitrain_25k``, as packed: ``images/{train2017,val2017}`` and ``annotations``, where the
  training file is ``instances_minitrain2017.json`` or ``instances_train2017.json``;
- else ``<data_dir>/coco`` with ``annotations/instances_minitrain2017.json`` added: the images are then those
  of COCO 2017.

The annotations are COCO's own, crowds and faults included.
"""

from pathlib import Path
from types import MappingProxyType

from lga.data.published.coco2017 import VAL_COUNTS, Coco2017Reader
from lga.data.published.split_plan import PublishedCounts, SplitPlan

PACKED = "coco_minitrain_25k"
TRAIN_FILE = "instances_minitrain2017.json"


class CocoMinitrainReader(Coco2017Reader):
    """Reads COCO minitrain."""

    name = "coco_minitrain"
    part_names = ("minitrain2017", "val2017")
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("minitrain2017",),
                None,
                "val2017",
                who="the set's authors, val2017 reported; images of minitrain are held out to select",
            ),
            "paper": SplitPlan(
                ("minitrain2017",),
                "val2017",
                "val2017",
                who="the paper most likely: its toolchain trains on train and reports the best epoch on val",
                leak="the checkpoint is selected on the images that are reported",
            ),
        }
    )
    published = MappingProxyType(
        {
            "minitrain2017": PublishedCounts(25_000, source="the set's page, which says about 184,000 boxes"),
            "val2017": VAL_COUNTS,
        }
    )
    toolchain_images = MappingProxyType({"minitrain2017": "images/train2017"})

    @property
    def root(self) -> Path:
        """The packed set's folder; COCO's where only that has the training file."""
        packed, coco = self.data_dir / PACKED, self.data_dir / self.folder
        return coco if (coco / "annotations" / TRAIN_FILE).is_file() and not packed.is_dir() else packed

    @property
    def advice(self) -> str:
        """What to do where annotations are missing."""
        added = self.data_dir / self.folder / "annotations"
        return f"unpack {PACKED}.zip into {self.data_dir}, or put {TRAIN_FILE} into {added} of a whole COCO"

    def annotation_names(self, part: str) -> tuple[str, ...]:
        """Return the names that a part's file goes by; COCO's own only in the packed tree."""
        if part == "val2017":
            return super().annotation_names(part)
        return (TRAIN_FILE, "instances_train2017.json") if self.root.name == PACKED else (TRAIN_FILE,)

    def image_folder(self, part: str) -> str:
        """Return the name of the folder of a part's images."""
        return "val2017" if part == "val2017" else "train2017"
